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
      throw wrong(key, "one of " + Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
    }
    return choice
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
