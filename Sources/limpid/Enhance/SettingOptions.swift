import ArgumentParser
import Enhancement

/// An option for every setting that presets have, built from the table of settings: nothing of a setting is said here.
///
/// ArgumentParser finds options by reflection, and then decodes each by its name; here both go by the settings' keys.
struct SettingOptions: ParsableArguments, CustomReflectable {
  /// What stands on the command line: key to text.
  private(set) var given: [String: String] = [:]

  static var settings: [EnhancementSetting] { EnhancementSetting.all.filter(\.isPresetKey) }

  init() {}

  var customMirror: Mirror {
    Mirror(self, children: Self.settings.map { (label: $0.key, value: Self.definition($0)) })
  }

  /// Numbers are parsed unconditionally: -1 is a number out of range, not an option that nobody knows.
  private static func definition(_ setting: EnhancementSetting) -> Any {
    let none = setting.isOptional ? " none or off: \(setting.said("none"))." : ""
    let help = ArgumentHelp(stringLiteral: setting.help + none)
    var name: NameSpecification = [.customLong(setting.key)]
    // The second name is SGMSE+'s descendants' and the experiments'.
    if setting.key == "guidance" { name = [.customLong(setting.key), .customLong("cfg_scale")] }
    switch setting.form {
    case .flag: return Flag<Bool?>(name: name, inversion: .prefixedNo, help: help)
    case .choice(let words):
      return Option<String?>(name: name, help: help, completion: .list(words))
    case .integer, .natural, .number: return Option<String?>(name: name, parsing: .unconditional, help: help)
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let options = try decoder.container(keyedBy: Key.self)
    for setting in Self.settings {
      let key = Key(stringValue: setting.key)
      if setting.form == .flag {
        given[setting.key] = try options.decode(Flag<Bool?>.self, forKey: key).wrappedValue.map { "\($0)" }
      } else {
        let text = try options.decode(Option<String?>.self, forKey: key).wrappedValue
        // Also as limpid ctl has it: limit off.
        given[setting.key] = setting.isOptional && text == "off" ? "none" : text
      }
    }
  }

  /// What is no value is wrong use, before any file is looked at.
  func validate() throws {
    for setting in Self.settings {
      guard let text = given[setting.key] else { continue }
      do { try setting.checkForm(text) } catch { throw ValidationError("--\(error)") }
    }
  }

  /// Lays what is given over a preset's settings.
  ///
  /// - Throws: `EnhancementError` with the first that is out of range.
  func apply(to settings: inout EnhancementSettings) throws {
    for setting in Self.settings {
      if let text = given[setting.key] { try setting.set(text, in: &settings) }
    }
  }
}
