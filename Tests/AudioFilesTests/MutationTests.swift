import Foundation
import TestSupport
import Testing

@testable import AudioFiles

@Suite("A thousand damaged sound files")
struct MutationTests {
  /// tools/fuzz/audio reads 100 000 of them.
  @Test func `a seeded thousand are read whole, or with a remark, or refused`() throws {
    let scratch = try Scratch()
    let originals = try SoundOriginal.all(in: scratch.url.path)
    #expect(originals.count == 18 && originals.allSatisfy { $0.count == 3000 || ($0.count > 2000 && $0.count < 5000) })
    var outcomes: [SoundMutation.Outcome: Int] = [:]
    for number in 0..<1000 {
      let mutation = SoundMutation(number, of: originals, seed: 1)
      let (outcome, fault) = try mutation.read(scratch.path("mutant"))
      outcomes[outcome, default: 0] += 1
      #expect(fault == nil, "file \(number): \(mutation.original.name), \(mutation.kind)")
    }
    // All three happen, or nothing would be shown.
    for outcome in SoundMutation.Outcome.allCases { #expect(outcomes[outcome, default: 0] > 100, "\(outcome)") }
  }
}
