import Enhancement
import Foundation
import Realtime
import Testing

@testable import limpid

/// What the live page is told.
@Suite struct PageSourceTests {
  @Test func `every counter that the page shows is a member of how things stand`() throws {
    func object(_ text: String) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }
    var settings = EnhancementSettings()
    settings.method = .wiener
    let engine = try LiveEngine(model: nil, settings: settings)
    let source = PageSource(
      engine: engine, answers: ControlProtocol(controls: engine, quit: {}), preset: "balanced")
    let facts = try object(source.facts)
    let counters = try #require(facts["counters"] as? [[String: String]])
    #expect(counters.count == LiveCounters.all.count { $0.display != .never })
    let description = try object(source.description(of: .crowded))
    for counter in counters {
      let key = try #require(counter["key"])
      let value = try #require(description[key] as? Int, "\(key)")
      #expect(value > 0, "\(key): the status has counted it")
    }
  }
}
