/// What a run leaves beside its settings.
struct LeftParts: OptionSet {
  let rawValue: Int
  /// The noise reference that was kept.
  static let profile = LeftParts(rawValue: 1)
  /// What was learned live.
  static let learned = LeftParts(rawValue: 2)
  /// The names of what else is removed.
  static let names = LeftParts(rawValue: 4)
}

/// What of the last run a plan cannot use: another model or method may, so it stays as it was until somebody decides about it.
struct UnusedSettings {
  var parts: LeftParts = []
  /// Texts by key.
  var settings: [String: String] = [:]
  /// Those of `LeftParts.names`.
  var names: [String] = []
}
