import Diffusion
import Foundation
import ScoreModel
import SignalProcessing
import Testing

@testable import Enhancement

/// Walks the table of settings. `otherText` and `wrongTexts` are made from each entry's form, so that a new one is tested
/// without a word here.
@Suite struct SettingTableTests {
  /// Settings that have every number, one per sampler.
  private static let bases: [EnhancementSettings] = ["few-step", "predictor-corrector"].map { name in
    var settings = EnhancementSettings()
    try? settings.set(key: "sampler", text: name)
    return settings
  }

  private func base(_ setting: EnhancementSetting) throws -> EnhancementSettings {
    try #require(Self.bases.first { setting.text(of: $0) != nil }, "\(setting.key)")
  }

  /// Texts of the setting's form, the ends of its range among them.
  private func texts(_ setting: EnhancementSetting) -> [String] {
    let texts =
      switch setting.form {
      case .choice(let words): words
      case .integer(let range): ["\(range.lowerBound)", "\(upperEnd(setting, range))"]
      case .natural: ["0", "\(UInt64.max)"]
      case .number(let range): ["\(range.lowerBound)", "0.3", "\(range.upperBound)"]
      case .flag: ["true", "false"]
      }
    return texts + (setting.isOptional ? ["none"] : [])
  }

  /// As many steps as the standard grid has are valid without a model.
  private func upperEnd(_ setting: EnhancementSetting, _ range: ClosedRange<Int>) -> Int {
    setting.countsSteps ? EnhancementSettings.largestSteps : range.upperBound
  }

  private func outOfRange(_ setting: EnhancementSetting) -> [String] {
    switch setting.form {
    case .integer(let range): ["\(range.lowerBound - 1)", "\(range.upperBound + 1)"]
    case .number(let range):
      ["\(range.lowerBound.nextDown)", "\(range.upperBound.nextUp)", "nan", "inf", "-inf"]
    case .choice, .natural, .flag: []
    }
  }

  private func malformed(_ setting: EnhancementSetting) -> [String] {
    ["", " ", "two", "1 2", "0x", "TRUE", "é\u{0}"] + (setting.form == .natural ? ["-1", "18446744073709551616"] : [])
  }

  @Test func `every key is one setting's, in lower case with hyphens, and has help`() {
    let keys = EnhancementSetting.all.map(\.key)
    #expect(Set(keys).count == keys.count)
    for setting in EnhancementSetting.all {
      #expect(setting.key.allSatisfy { ("a"..."z").contains($0) || $0 == "-" }, "\(setting.key)")
      #expect(setting.help.hasSuffix(".") && !setting.help.contains("\n"), "\(setting.key)")
    }
  }

  @Test func `a text may ask for as many steps as a model's own grid has`() throws {
    let long = try EnhancementModel.Format(
      frame: .standard, compressionFactor: 0.15, compressionExponent: 0.5, sde: OrnsteinUhlenbeckSDE(),
      grid: .geometric(count: 12, last: 0.03))
    var settings = EnhancementSettings()
    try settings.set(key: "steps", text: "12")
    #expect(throws: Never.self) { try settings.checkRanges() }
    #expect(throws: Never.self) { try settings.validate(for: long) }
    let sentence = "12 steps cannot be run; give 1 to 8"
    #expect(throws: EnhancementError.outOfRange(setting: "steps", sentence: sentence)) { try settings.validate() }
    settings.maximumSteps = 11
    #expect(throws: EnhancementError.self) { try settings.checkRanges() }
  }

  @Test func `what is set by text is read as that text, and nothing else changes`() throws {
    for setting in EnhancementSetting.all {
      for text in texts(setting) {
        let before = try base(setting)
        var settings = before
        try settings.set(key: setting.key, text: text)
        let read = try #require(try settings.text(key: setting.key))
        var again = before
        try again.set(key: setting.key, text: read)
        #expect(again == settings, "\(setting.key) \(text)")
        try settings.validate()
        for other in EnhancementSetting.all where other.key != setting.key && other.sampler == nil {
          #expect(other.text(of: settings) == other.text(of: before), "\(setting.key) changed \(other.key)")
        }
      }
      let distinct = try texts(setting).map { text in
        var settings = try base(setting)
        try settings.set(key: setting.key, text: text)
        return setting.text(of: settings)
      }
      #expect(Set(distinct).count == texts(setting).count, "\(setting.key): \(distinct)")
    }
  }

  @Test func `what is out of range or no value is refused in one sentence, and nothing has changed`() throws {
    for setting in EnhancementSetting.all {
      let before = try base(setting)
      func refused(_ text: String) throws -> EnhancementError? {
        var settings = before
        do throws(EnhancementError) { try settings.set(key: setting.key, text: text) } catch {
          #expect(settings == before && !error.description.contains("\n") && error.description.contains("give"))
          return error
        }
        Issue.record("\(setting.key) took '\(text)'")
        return nil
      }
      for text in outOfRange(setting) {
        guard case .outOfRange(setting.key, let sentence)? = try refused(text) else {
          Issue.record("\(setting.key) '\(text)' is no number out of range")
          continue
        }
        #expect(sentence.hasSuffix("; give \(setting.range)"))
        // The same sentence where a program set the property itself.
        var settings = before
        switch setting.form {
        case .integer: setting.write(&settings, .integer(Int(text)!))
        default: setting.write(&settings, .number(Float(text)!))
        }
        do {
          try settings.validate()
          Issue.record("\(setting.key) '\(text)' is valid")
        } catch {
          // How many steps there may be, a text cannot know.
          #expect(error.description == sentence || setting.countsSteps && sentence.hasPrefix(error.description))
        }
      }
      for text in malformed(setting) {
        let error = try refused(text)
        guard case .notAValue(setting.key, text, _)? = error else {
          Issue.record("\(setting.key) '\(text)': \(error.map { $0.description } ?? "taken")")
          continue
        }
      }
      if !setting.isOptional { _ = try refused("none") }
    }
    var settings = EnhancementSettings()
    #expect(throws: EnhancementError.unknownSetting(key: "step")) { try settings.set(key: "step", text: "1") }
    #expect(throws: EnhancementError.otherSampler(setting: "corrector-snr", sampler: "predictor-corrector")) {
      try settings.set(key: "corrector-snr", text: "0.5")
    }
  }

  /// A property without an entry would be missing in presets, options and recordings.
  @Test func `every property has an entry`() throws {
    var settings = EnhancementSettings()
    let before = Mirror(reflecting: settings).children.map { "\($0.value)" }
    for setting in EnhancementSetting.all where setting.read(settings) != nil {
      let text = try #require(texts(setting).first { $0 != setting.text(of: settings) })
      try settings.set(key: setting.key, text: text)
    }
    let names = Mirror(reflecting: settings).children.map { $0.label ?? "" }
    let after = Mirror(reflecting: settings).children.map { "\($0.value)" }
    // How much of the second pass runs just now is no wish of anybody's.
    for (name, (old, new)) in zip(names, zip(before, after)) where name != "secondPass" {
      #expect(old != new, "\(name) is not in the table")
    }
  }

  @Test func `the words of a range are its numbers`() {
    for setting in EnhancementSetting.all {
      let ends: [Double] =
        switch setting.form {
        case .integer(let range): [Double(range.lowerBound), Double(upperEnd(setting, range))]
        case .number(let range): [Double(range.lowerBound), Double(range.upperBound)]
        case .choice, .natural, .flag: []
        }
      let words = setting.range.split { !"-0123456789.".contains($0) }.compactMap { Double($0) }
      for end in ends {
        #expect(words.contains { abs($0 - end) < 1e-30 }, "\(setting.key): \(setting.range)")
        #expect(
          setting.help.contains("\(Int(end))") || !setting.help.contains(" to "),
          "\(setting.key): a help with \" to \" names the ends of the range, \(end) too: \(setting.help)")
      }
    }
  }

  /// None of these is made of the table. Header and package mark with * what may change while running.
  @Test func `the header for C and the Python package describe every setting, and the C interface changes it`() throws {
    let checkout = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    func lines(_ path: String) throws -> [Substring] {
      try String(contentsOf: checkout.appending(path: path), encoding: .utf8).split(separator: "\n")
    }
    let header = "Sources/CInterface/Header/include/limpid.h"
    let python = "python/src/limpid/_settings.py"
    let interface = "Sources/CInterface/Enhancer.swift"
    let (inHeader, inPython, inInterface) = (try lines(header), try lines(python), try lines(interface))
    for setting in EnhancementSetting.all {
      let place = inHeader.firstIndex { $0.hasPrefix(" *   \(setting.key) ") }
      let mark = setting.changesWhileRunning ? "with" : "without"
      if let place {
        // With the lines that go on under the same key, which is in the column of its text.
        let rest = inHeader[(place + 1)...].prefix { $0.hasPrefix(" *" + String(repeating: " ", count: 20)) }
        let isMarked = ([inHeader[place]] + rest).contains { $0.dropFirst(2).contains("  *  ") }
        #expect(isMarked == setting.changesWhileRunning, "\(header): \(setting.key) stands \(mark) *")
      } else {
        Issue.record("\(header): the table above limpid_set_text has no line for \(setting.key)")
      }
      let name = setting.key.replacing("-", with: "_")
      if let line = inPython.first(where: { $0.hasPrefix("    \(name): ") }) {
        #expect(line.contains("#: *") == setting.changesWhileRunning, "\(python): \(name) stands \(mark) *")
      } else {
        Issue.record("\(python): Settings has no \(name)")
      }
      let isChanged = inInterface.contains { $0.contains("case \"\(setting.key)\": .") }
      #expect(
        isChanged == setting.changesWhileRunning,
        "\(interface): what `command` has are the settings that may change while running; see \(setting.key)")
    }
  }

  @Test func `what may change while running changes, the rest is refused by its key`() throws {
    for setting in EnhancementSetting.all {
      let before = try base(setting)
      var next = before
      let text = try #require(texts(setting).first { $0 != setting.text(of: before) })
      try next.set(key: setting.key, text: text)
      if setting.changesWhileRunning {
        try before.checkChange(to: next)
      } else {
        #expect(throws: EnhancementError.fixedWhileRunning(setting: setting.key)) { try before.checkChange(to: next) }
      }
    }
  }

  @Test func `a sampler named again keeps its number, another one has its own`() throws {
    var settings = EnhancementSettings()
    try settings.set(key: "eta", text: "0.75")
    try settings.set(key: "sampler", text: "few-step")
    #expect(settings.sampler == .fewStep(eta: 0.75))
    try settings.set(key: "sampler", text: "predictor-corrector")
    #expect(settings.sampler == .predictorCorrector(snr: 0.5))
    #expect(try settings.text(key: "eta") == nil)
  }
}
