import Enhancement

/// Counters as members of the JSON object that they stand in.
struct CounterValues<Root>: Encodable {
  private let numbers: [(key: String, value: Int)]

  init(_ root: Root, _ counters: [Counter<Root>]) { numbers = counters.map { ($0.key, root[keyPath: $0.path]) } }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    for (key, value) in numbers { try object.encode(value, forKey: Key(stringValue: key)) }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
