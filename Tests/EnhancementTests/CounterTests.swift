import Enhancement
import Testing

@Suite struct CounterTests {
  @Test func `every count has one entry and is added`() {
    var one = EnhancementStatistics()
    for (index, counter) in EnhancementCounts.all.enumerated() { one.counts[keyPath: counter.path] = index + 1 }
    let stored = Mirror(reflecting: one.counts).children.compactMap { $0.value as? Int }
    #expect(stored.sorted() == Array(1...EnhancementCounts.all.count), "each has an entry, and one alone")
    one.inputEnergy = 3
    one.noiseOutputEnergy = 5
    var sum = one
    sum += one
    #expect(EnhancementCounts.all.allSatisfy { sum.counts[keyPath: $0.path] == 2 * one.counts[keyPath: $0.path] })
    let energies = Mirror(reflecting: sum.counts).children.compactMap { $0.value as? Double }
    #expect(energies == [6, 0, 0, 10])
  }

  @Test func `names are distinct and keys are those of JSON`() {
    let names = EnhancementCounts.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(EnhancementCounts.all.contains { $0.key == "noiseReferenceFrames" })
    #expect(EnhancementCounts.all.allSatisfy { !$0.meaning.isEmpty && !$0.meaning.hasSuffix(".") })
  }
}
