/// Whether two open devices share a clock.
enum SharedClock {
  /// By their sound cards, where both have one; else by their names: a sound server or a plugin of one name is one clock.
  static func isShared(_ input: (name: String, card: Int?), _ output: (name: String, card: Int?)) -> Bool {
    if let inputCard = input.card, let outputCard = output.card { return inputCard == outputCard }
    return input.name == output.name
  }
}
