import AudioFiles
import Enhancement
import Figures
import Foundation
import Realtime
import TestSupport
import Testing

@testable import limpid

/// What a picture says of an enhancement, against what the enhancer counted.
@Suite struct EnhancementTracksTests {
  @Test(arguments: [(16_000, 1), (48_000, 2), (22_050, 1)])
  func `the bands are what was counted, where it happened`(rate: Int, channels: Int) throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    let model = try EnhancementModel(
      path: tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path)
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: rate, channelCount: channels)
    var plain = try MultichannelEnhancer(model: model, settings: settings, sampleRate: rate, channelCount: channels)
    let tracks = EnhancementTracks(AudioFormat.floatWAV(sampleRate: rate, channelCount: channels))

    // 2 s of noise, then silence for 3 s, then noise again for 1 s.
    var random = SplitMix(9)
    let samples = (0..<(6 * rate * channels)).map { n in
      let second = n / channels / rate
      return second < 2 || second >= 5 ? 0.1 * random.sample() : 0
    }
    var drawn = samples
    var expected = samples
    // Blocks of no round size.
    drawn.withUnsafeMutableBufferPointer { all in
      var done = 0
      while done < all.count {
        let count = min(4_099 * channels, all.count - done)
        let part = UnsafeMutableBufferPointer(rebasing: all[done..<(done + count)])
        tracks.input.add(UnsafeBufferPointer(part))
        tracks.process(part, through: &enhancer)
        tracks.output.add(UnsafeBufferPointer(part))
        done += count
      }
    }
    expected.withUnsafeMutableBufferPointer { plain.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    #expect(firstDifference(drawn, expected) == nil)
    tracks.finish()

    let counts = enhancer.counts
    #expect(counts == enhancer.statistics.counts)
    #expect(counts.referenceFrames > 100 * channels && counts.restingFrames > 50 * channels)
    let hop = 1.0 / 100
    for (name, count) in [
      ("taken as noise", counts.referenceFrames), ("noise tokens used", counts.conditionedFrames),
      ("network rested", counts.restingFrames),
    ] {
      let band = try #require(tracks.bands(learned: []).first { $0.name == name })
      let frames = band.spans.reduce(0) { $0 + ($1.end - $1.start) * Double($1.share) } / hop
      // A rate whose hop is no whole number of samples repeats a frame now and then.
      #expect(abs(frames - Double(count / channels)) < (rate == 22_050 ? 4 : 1.5), "\(name): \(frames), not \(count)")
    }
    let bands = tracks.bands(learned: ["tv", "radio"])
    let rested = try #require(bands.first { $0.name == "network rested" }?.spans)
    #expect(rested.count == 1 && abs(rested[0].start - 4) < 0.05 && abs(rested[0].end - 5) < 0.05, "\(rested)")
    let taken = try #require(bands.first { $0.name == "taken as noise" }?.spans)
    #expect(taken.allSatisfy { $0.end < 2.05 || $0.start > 4.95 }, "silence is no noise that is heard")
    #expect(bands.first { $0.name == "learned sound" }?.spans.map(\.label) == ["removed: tv, radio"])
    for name in ["reference kept", "reverse steps", "dry", "input clipped", "out beyond 0 dB"] {
      #expect(bands.first { $0.name == name }?.spans.isEmpty == true, "\(name)")
    }

    #expect(tracks.noiseReductionName(goesBack: false) == "noise lower by, dB (frames without speech)")
    #expect(
      tracks.noiseReductionName(goesBack: true) == "noise lower by, dB (frames without speech, the forward way alone)")
    // The mean of the curve in power is the figure of the report.
    let reduction = tracks.noiseReduction
    #expect(reduction.values.contains { $0.isFinite } && reduction.values.contains { $0.isNaN })
    let known = reduction.values.filter(\.isFinite).map(Double.init)
    let whole = try #require(enhancer.statistics.noiseReductionInDecibels)
    #expect((known.min()!...known.max()!).contains(whole), "\(whole) is among \(known.min()!) to \(known.max()!)")
  }

  @Test func `a frozen reference and an input that is clipped are bands`() throws {
    let rate = 16_000
    var enhancer = try MultichannelEnhancer(
      model: EnhancementModel(path: tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path),
      sampleRate: rate, channelCount: 1)
    enhancer.freezeNoiseReferences(true)
    let tracks = EnhancementTracks(AudioFormat.floatWAV(sampleRate: rate, channelCount: 1))
    var samples = [Float](repeating: 0.01, count: rate)
    for n in 8_000..<8_010 { samples[n] = 1 }
    samples.withUnsafeMutableBufferPointer { all in
      tracks.input.add(UnsafeBufferPointer(all))
      tracks.process(all, through: &enhancer)
    }
    let loud: [Float] = [0, 1.5, 0]
    loud.withUnsafeBufferPointer { tracks.output.add($0) }
    tracks.finish()
    let bands = tracks.bands(learned: [])
    let frozen = try #require(bands.first { $0.name == "reference kept" }?.spans)
    #expect(frozen.count == 1 && frozen[0].start == 0 && abs(frozen[0].end - 1) < 1e-6)
    let clipped = try #require(bands.first { $0.name == "input clipped" }?.spans)
    #expect(clipped.count == 1 && (clipped[0].start...clipped[0].end).contains(0.5003))
    #expect(bands.first { $0.name == "out beyond 0 dB" }?.spans.count == 1)
    #expect(!bands.contains { $0.name == "learned sound" })
  }

  @Test func `of the live worker the steps are told where they change, and what was played dry where it was heard`()
    throws
  {
    let rate = 16_000
    let tracks = EnhancementTracks(AudioFormat.floatWAV(sampleRate: rate, channelCount: 1))
    tracks.begin(piece: 160, latency: 480)
    let second = [Float](repeating: 0.1, count: 3 * rate)
    second.withUnsafeBufferPointer { tracks.input.add($0) }
    var status = LiveStatus(
      format: StreamFormat(sampleRate: rate, block: 160, channelCount: 1), latencyInSamples: 480, frameDeadline: 0.01,
      settings: EnhancementSettings())
    for frame in 0..<300 {
      status.steps = frame < 100 ? 4 : frame < 200 ? 2 : 4
      if frame == 153 { status.counters.drySamples += 100 }
      status.isFrozen = frame >= 250
      status.referenceAge = frame < 50 ? nil : frame < 60 ? 0.01 : 1
      status.noiseReduction = frame < 100 ? nil : 12
      tracks.note(status)
    }
    tracks.finish()
    let bands = tracks.bands(learned: [])
    func spans(_ name: String) -> [Figure.Band.Span] { bands.first { $0.name == name }?.spans ?? [] }
    func isAt(_ span: Figure.Band.Span, _ start: Double, _ end: Double) -> Bool {
      abs(span.start - start) < 1e-9 && abs(span.end - end) < 1e-9
    }
    let steps = spans("reverse steps")
    try #require(steps.map { $0.label } == ["4", "2", "4"])
    #expect(isAt(steps[0], 0, 1) && isAt(steps[1], 1, 2) && isAt(steps[2], 2, 3))
    let dry = spans("dry")
    #expect(dry.count == 1 && isAt(dry[0], 1.5, 1.51), "three pieces of latency before it was played: \(dry)")
    let taken = spans("taken as noise")
    #expect(taken.count == 1 && isAt(taken[0], 0.5, 0.6), "\(taken)")
    let frozen = spans("reference kept")
    #expect(frozen.count == 1 && isAt(frozen[0], 2.5, 3), "\(frozen)")
    let reduction = tracks.noiseReduction.values
    #expect(reduction[..<100].allSatisfy { $0.isNaN } && reduction[100...].allSatisfy { abs($0 - 12) < 1e-3 })
    #expect(tracks.noiseReductionName(goesBack: false) == "noise lower by, dB (mean of the last 2 s of noise)")
    // The worker does not say, and what is not known is not "not in it".
    #expect(bands.count == 6 && !bands.contains { ["noise tokens used", "network rested"].contains($0.name) })
  }

  @Test func `the notes say of which way the noise is lower`() {
    #expect(FigureRecording.noise(nil, goesBack: true) == "")
    #expect(FigureRecording.noise(12.34, goesBack: false) == "; noise 12.3 dB lower")
    #expect(FigureRecording.noise(12.34, goesBack: true) == "; noise 12.3 dB lower on the forward way alone")
  }
}
