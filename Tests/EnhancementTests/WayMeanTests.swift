import Foundation
import Ground
import Testing
import TestSupport

@testable import Enhancement

/// The mean of both ways, against NumPy (tools/golden/way_mean.py).
@Suite struct WayMeanTests {
  private func golden(_ name: String) throws -> [Float] {
    let data = try Data(contentsOf: fixture("way-mean-\(name).f32"))
    return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// The mean of two sounds, (samples, channels), in pieces of a size, lined up with them.
  private func mean(
    _ there: [Float], _ back: [Float], rate: Int, channels: Int = 1, offset: Double = 0, share: Float = 0.2,
    piece: Int = 1000
  ) -> [Float] {
    var mean = WayMean(sampleRate: rate, channelCount: channels, offset: offset, share: share)
    let late = mean.latencyInSamples * channels
    var sound = there + [Float](repeating: 0, count: late)
    let other = back + [Float](repeating: 0, count: late)
    var done = 0
    let count = sound.count / channels
    while done < count {
      let part = min(piece, count - done)
      sound.withUnsafeMutableBufferPointer { sound in
        other.withUnsafeBufferPointer {
          mean.process(sound.baseAddress! + done * channels, $0.baseAddress! + done * channels, count: part)
        }
      }
      done += part
    }
    return Array(sound[late...])
  }

  @Test(arguments: [("mean", 0), ("mean-offset", 0.625)])
  func `it is NumPy's`(name: String, offset: Double) throws {
    let output = try mean(golden("there"), golden("back"), rate: 8000, offset: offset)
    #expect(try errorInDecibels(output, golden(name)) < -110)
    // Neither of the two, nor the mean of the samples.
    let plain = try zip(golden("there"), golden("back")).map { $0 + 0.2 * ($1 - $0) }
    #expect(try errorInDecibels(plain, golden(name)) > -40)
    #expect(try errorInDecibels(golden("mean"), golden("mean-offset")) > -60)
  }

  @Test func `pieces of any size give the same bits, and so do channels beside each other`() throws {
    let (there, back) = (try golden("there"), try golden("back"))
    let whole = mean(there, back, rate: 8000, piece: there.count + 320)
    for piece in [1, 7, 160, 163, 320, 999] {
      #expect(bits(mean(there, back, rate: 8000, piece: piece)) == bits(whole), "\(piece)")
    }
    func two(_ x: [Float], _ y: [Float]) -> [Float] { zip(x, y).flatMap { [$0, $1] } }
    let both = mean(two(there, back), two(back, there), rate: 8000, channels: 2)
    #expect(bits(stride(from: 0, to: both.count, by: 2).map { both[$0] }) == bits(whole))
    #expect(
      bits(stride(from: 1, to: both.count, by: 2).map { both[$0] }) == bits(mean(back, there, rate: 8000)))
  }

  @Test(arguments: [8000, 11_025, 22_050, 44_100, 48_000, 192_000])
  func `what both ways agree on stays, at any rate, to the first and the last sample`(rate: Int) {
    let sound = voiceLike(rate / 5 + 13, rate: rate)
    #expect(errorInDecibels(mean(sound, sound, rate: rate), sound) < -120)
    #expect(errorInDecibels(mean(sound, sound, rate: rate, share: 0), sound) < -120)
  }

  @Test(arguments: [-1.5, -0.3, 0.5, 1])
  func `ways that lie beside each other are lined up`(offset: Double) {
    let rate = 16_000
    // Tones below 7 kHz, exactly where they would be had they been sampled so.
    func tones(at shift: Double) -> [Float] {
      (0..<8000).map { n in
        let t = (Double(n) + shift) / Double(rate)
        let ends = sin(.pi * min(1, max(0, (Double(n) + shift) / 8000)))
        return Float(ends * [190.0, 1210, 3330, 5170, 6950].reduce(0) { $0 + 0.05 * sin(2 * .pi * $1 * t) })
      }
    }
    let output = mean(tones(at: 0), tones(at: offset), rate: rate, offset: offset, share: 1)
    #expect(errorInDecibels(output, tones(at: 0)) < -55)
    #expect(errorInDecibels(tones(at: offset), tones(at: 0)) > -15)
  }

  @Test func `silence and sound beside silence are finite`() {
    let silence = [Float](repeating: 0, count: 4000)
    #expect(mean(silence, silence, rate: 8000) == silence)
    let sound = voiceLike(4000, rate: 8000)
    // (1 − w)² of the energy's root: what one way alone kept is lowered by more than its share.
    let lone = mean(sound, silence, rate: 8000)
    #expect(errorInDecibels(lone, sound.map { 0.64 * $0 }) < -110)
  }
}
