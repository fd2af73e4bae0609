import Enhancement
import Foundation
import Ground
import TOMLKit

/// Reads a preset's keys with their types; every complaint names the file and the key.
struct PresetValues {
  let path: String
  let table: TOMLTable

  /// Unknown keys are errors: a misspelt one would silently do nothing.
  func checkKeys() throws {
    for key in table.keys where !Preset.keys.contains(key) {
      let nearest = Preset.keys.min { distance($0, key) < distance($1, key) }!
      let hint =
        distance(nearest, key) <= 3
        ? "did you mean '\(nearest)'?" : "the keys are \(Preset.keys.joined(separator: ", "))"
      throw Failure(.configuration, "\(path): '\(key)' is not a key of a preset; \(hint)")
    }
  }

  func string(_ key: String) throws -> String? {
    guard let value = table[key] else { return nil }
    guard let text = value.string else { throw wrong(key, "a text in quotes") }
    return text
  }

  /// What names a model.
  func model(_ key: String) throws -> String? {
    let name = try string(key)
    if name == "" { throw wrong(key, "the name of a model or of a weights file") }
    return name
  }

  /// A weights file of the way back, where the key is there and not `none`.
  ///
  /// - Parameter preset: the file that the key is in.
  func backwardModel(_ key: String, of preset: URL, _ method: EnhancementSettings.Method) throws -> String? {
    guard let name = try model(key), name != "none" else { return nil }
    guard method == .score else {
      throw Failure(.configuration, "\(path): the method wiener runs no network; remove the key '\(key)'")
    }
    return ModelStore.path(
      inPreset: name, of: preset.deletingLastPathComponent(), among: DataFolders.backwardModels)
  }

  func integer(_ key: String) throws -> Int? {
    guard let value = table[key] else { return nil }
    guard let number = value.int else { throw wrong(key, "a whole number") }
    return number
  }

  func number(_ key: String) throws -> Float? {
    guard let value = table[key] else { return nil }
    guard let number = value.double ?? value.int.map(Double.init) else { throw wrong(key, "a number") }
    return Float(number)
  }

  func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> Choice?
  where Choice.RawValue == String {
    guard let text = try string(key) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw wrong(key, Choice.allCases.map(\.rawValue))
    }
    return choice
  }

  /// A setting's value as text; nil: the preset does not say.
  ///
  /// - Throws: `Failure` where the value is of another type, or a word that the setting does not know.
  func text(of setting: EnhancementSetting) throws -> String? {
    guard let value = table[setting.key] else { return nil }
    if setting.isOptional, value.string == "none" || value.string == "off" { return "none" }
    switch setting.form {
    case .choice(let words):
      guard let word = try string(setting.key), words.contains(word) else { throw wrong(setting.key, words) }
      return word
    case .integer: return try integer(setting.key).map { "\($0)" }
    case .natural:
      guard let number = value.int, number >= 0 else { throw wrong(setting.key, "a whole number, 0 or more") }
      return "\(number)"
    case .number: return try number(setting.key).map { "\($0)" }
    case .flag:
      guard let flag = value.bool else { throw wrong(setting.key, "true or false") }
      return "\(flag)"
    }
  }

  private func wrong(_ key: String, _ words: [String]) -> Failure {
    wrong(key, "one of " + words.map { "\"\($0)\"" }.joined(separator: ", "))
  }

  private func wrong(_ key: String, _ wanted: String) -> Failure {
    Failure(.configuration, "\(path): the key '\(key)' must be \(wanted)")
  }
}

/// Levenshtein distance: how many letters to add, drop or change.
func distance(_ a: String, _ b: String) -> Int {
  let a = Array(a)
  let b = Array(b)
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var diagonal = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
      diagonal = row[j + 1]
      row[j + 1] = next
    }
  }
  return row[b.count]
}
