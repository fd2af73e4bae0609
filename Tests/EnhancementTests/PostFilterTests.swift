import Foundation
import Testing
import TestSupport

@testable import Enhancement

/// What the post-filter takes beyond the network, by its formula: the gain's eighth root, at most so many dB.
@Suite struct PostFilterTests {
  /// The network's gain is squared by the expansion: 0.9 becomes 0.81.
  @Test(arguments: [(1, 1), (0.9, 0.81), (0.7, 0.49), (0.5, 0.25), (0.1, 0.01), (0, 0)], [1, 2])
  func `it takes the eighth root of the gain, at most 2 dB, in every pass`(
    gain: (network: Float, heard: Double), passes: Int
  ) throws {
    var settings = EnhancementSettings()
    settings.passes = passes
    settings.postFilterInDecibels = 2
    var chain = try makeChain(.scale(gain.network), settings: settings)
    let input = voiceLike(16000, rate: 16000)
    let more = min(1, max(pow(10, -2 / 20.0), pow(gain.heard, 0.125)))
    let expected = delayed(input, by: 319).map { Float(gain.heard * more) * $0 }
    #expect(largestDifference(run(&chain, input), expected) < 1e-5)
  }

  @Test func `without a wish there is none, and its range is kept`() throws {
    #expect(EnhancementSettings().postFilterInDecibels == 0)
    var settings = EnhancementSettings()
    for (decibels, isTaken) in [(Float(6), true), (6.1, false), (-0.1, false), (.nan, false)] {
      settings.postFilterInDecibels = decibels
      #expect(((try? settings.validate()) != nil) == isTaken, "\(decibels) dB")
    }
  }
}
