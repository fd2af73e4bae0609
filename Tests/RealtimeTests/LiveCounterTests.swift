import Enhancement
import Foundation
import Realtime
import Testing

@Suite struct LiveCounterTests {
  @Test func `every counter has one entry`() {
    var counters = LiveCounters()
    for (index, counter) in LiveCounters.all.enumerated() { counters[keyPath: counter.path] = index + 1 }
    #expect(
      Mirror(reflecting: counters).children.compactMap { $0.value as? Int }.sorted()
        == Array(1...LiveCounters.all.count))
  }

  /// A header cannot be made of the table; it says the same.
  @Test func `the header for C names them`() throws {
    let header = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/CInterface/Header/include/limpid.h")
    let text = try String(contentsOf: header, encoding: .utf8)
    for counter in LiveCounters.all where !counter.isOfDevice {
      #expect(text.contains(" *   \(counter.name) "), "\(counter.name)")
    }
    let reduced = try #require(LiveCounters.all.first { $0.name == "reduced" })
    #expect(text.contains(" *   reduced         \(reduced.meaning)\n"))
  }
}
