/// A number that only grows, declared once: reports, screens, help and the C interface follow from it.
public struct Counter<Root>: Sendable {
  /// Where a screen of few lines has it; reports have it always.
  public enum Display: Sendable, Equatable {
    /// Whatever it has counted.
    case always
    /// From the first count on.
    case whenCounted
    /// Reports alone have it.
    case never
  }

  /// Words joined by hyphens, as screens and the C interface call it.
  public let name: String
  /// What it counts: to stand after the name, without a full stop.
  public let meaning: String
  /// Where a screen has it.
  public let display: Display
  /// Whether the device reports it; where there is none, it does not count.
  public let isOfDevice: Bool
  /// Where the number is.
  public let path: any WritableKeyPath<Root, Int> & Sendable

  /// - Parameters: as the properties of these names.
  public init(
    _ name: String, _ meaning: String, _ path: any WritableKeyPath<Root, Int> & Sendable, display: Display = .always,
    isOfDevice: Bool = false
  ) {
    self.name = name
    self.meaning = meaning
    self.path = path
    self.display = display
    self.isOfDevice = isOfDevice
  }

  /// The name as JSON has it, such as "drySamples".
  public var key: String {
    let words = name.split(separator: "-")
    return words.dropFirst().reduce(String(words[0])) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
  }
}
