import ArgumentParser
import Enhancement
import Foundation
import Testing
import TestSupport

@testable import limpid

/// "Every key is an option": walks the table of settings, as presets and as the command line have it.
/// limpid: every key of a preset is an option.
@Suite struct SettingOptionTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private let settings = EnhancementSetting.all.filter(\.isPresetKey)

  /// The sampler that has the setting.
  private func sampler(_ setting: EnhancementSetting) -> String { setting.sampler ?? "few-step" }

  private func texts(_ setting: EnhancementSetting) -> [String] {
    let texts =
      switch setting.form {
      case .choice(let words): words
      case .integer(let range):
        ["\(range.lowerBound)", "\(setting.countsSteps ? EnhancementSettings.largestSteps : range.upperBound)"]
      case .natural: ["12"]
      case .number(let range): ["0.3", "\(range.upperBound)"]
      case .flag: ["true", "false"]
      }
    return texts + (setting.isOptional ? ["none"] : [])
  }

  private func option(_ setting: EnhancementSetting, _ text: String) -> [String] {
    guard setting.form == .flag else { return ["--" + setting.key, text] }
    return [text == "true" ? "--\(setting.key)" : "--no-\(setting.key)"]
  }

  private func line(_ setting: EnhancementSetting, _ text: String) -> String {
    if case .choice = setting.form { return "\(setting.key) = \"\(text)\"\n" }
    return "\(setting.key) = \(text == "none" ? "\"none\"" : text)\n"
  }

  private func preset(_ lines: String) throws -> String {
    try scratch.write(Data("model = \"\(identity)\"\n\(lines)".utf8), "own.toml")
  }

  private func bySampler(_ setting: EnhancementSetting) -> String {
    setting.key == "sampler" ? "" : "sampler = \"\(sampler(setting))\"\n"
  }

  @Test func `a value says the same as a preset's key and as an option`() throws {
    for setting in settings {
      for text in texts(setting) {
        let asKey = try Preset(path: preset(bySampler(setting) + line(setting, text))).settings
        let arguments = ["--preset", try preset(bySampler(setting))] + option(setting, text)
        let asOption = try SoundOptions.parse(arguments).plan().settings
        #expect(asKey == asOption, "\(setting.key) \(text)")
        #expect(Float(setting.text(of: asKey) ?? "") == Float(text), "\(setting.key) \(text)")
        if Float(text) == nil { #expect(setting.text(of: asKey) == text) }
      }
    }
  }

  /// limpid ctl says "limit off".
  @Test func `no limit is called none or off, and the help says so`() throws {
    for word in ["none", "off"] {
      let own = try Preset(path: preset("attenuation-limit = \"\(word)\"\n")).settings
      #expect(own.attenuationLimitInDecibels == nil, "\(word)")
      let limited = try preset("attenuation-limit = 12\n")
      let plan = try SoundOptions.parse(["--preset", limited, "--attenuation-limit", word]).plan()
      #expect(plan.settings.attenuationLimitInDecibels == nil, "\(word)")
    }
    #expect(EnhanceCommand.helpMessage(columns: 1000).contains("this many dB. none or off: no limit."))
  }

  @Test func `what is out of range is refused with the same sentence both ways`() throws {
    for setting in settings {
      let wrong: [String]
      switch setting.form {
      case .integer(let range): wrong = ["\(range.lowerBound - 1)", "\(range.upperBound + 1)"]
      case .number(let range): wrong = ["\(range.lowerBound - 1)", "\(range.upperBound + 1)", "nan"]
      case .choice, .natural, .flag: continue
      }
      for text in wrong {
        var sentence = ""
        var own = EnhancementSettings()
        try own.set(key: "sampler", text: sampler(setting))
        do { try own.set(key: setting.key, text: text) } catch { sentence = error.description }
        #expect(sentence.hasSuffix("give \(setting.range)"))
        let path = try preset(bySampler(setting) + line(setting, text))
        do {
          _ = try Preset(path: path)
          Issue.record("the preset took \(setting.key) = \(text)")
        } catch {
          let failure = Failure(error)
          #expect(failure.code == .configuration && failure.sentence == "\(path): \(sentence)")
        }
        let arguments = ["--preset", try preset(bySampler(setting))] + option(setting, text)
        do {
          _ = try SoundOptions.parse(arguments).plan()
          Issue.record("--\(setting.key) took \(text)")
        } catch {
          let failure = Failure(error)
          #expect(failure.code == .usage && failure.sentence == sentence)
        }
      }
    }
  }

  @Test func `what is no value is wrong use, and a preset's fault by file and key`() throws {
    for setting in settings where setting.form != .flag {
      do {
        _ = try SoundOptions.parse(["--" + setting.key, "magic"])
        Issue.record("--\(setting.key) took magic")
      } catch {
        #expect(SoundOptions.exitCode(for: error) == .validationFailure)
        #expect(SoundOptions.message(for: error).hasPrefix("--\(setting.key) 'magic' is not "), "\(error)")
      }
    }
    for setting in settings {
      let path = try preset("\(setting.key) = [1]\n")
      do {
        _ = try Preset(path: path)
        Issue.record("the preset took a list as \(setting.key)")
      } catch {
        #expect(Failure(error).sentence.hasPrefix("\(path): the key '\(setting.key)' must be "))
      }
    }
  }

  /// Also those that are no settings of the enhancer: model, precision, warm-up.
  @Test func `the help has every key but the description as an option, with the table's sentence`() throws {
    let help = EnhanceCommand.helpMessage(columns: 1000)
    for key in Preset.keys where key != "description" { #expect(help.contains("--\(key)"), "\(key)") }
    for setting in settings { #expect(help.contains(setting.help), "\(setting.key)") }
    for setting in EnhancementSetting.all where !setting.isPresetKey {
      #expect(!help.contains("--\(setting.key)"), "\(setting.key)")
    }
  }
}
