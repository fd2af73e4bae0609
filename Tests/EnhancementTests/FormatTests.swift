import Diffusion
import Foundation
import NeuralLayers
import ScoreModel
import SignalProcessing
import Testing
import TestSupport

@testable import Enhancement

/// Models of another format than today's: 8 kHz, frames of 16 ms every 8 ms, 64 bins, another compression, diffusion process
/// and grid (`tiny-8k`). That its output is the reference's is GoldenTests'.
@Suite struct FormatTests {
  private let narrow = try! FrameFormat(sampleRate: 8000, fftLength: 128, hopLength: 64, modelBinCount: 64)

  @Test func `what the file states is what runs`() throws {
    let format = try tinyModel("tiny-8k").format
    #expect(format.frame == narrow)
    #expect(format.compressionFactor == 0.2)
    #expect(format.compressionExponent == 0.6)
    #expect(try format.sde == OrnsteinUhlenbeckSDE(theta: 2, sigmaMin: 0.04, sigmaMax: 0.4))
    #expect(format.grid.times == [1, 0.6, 0.35, 0.2, 0.1])
    #expect(try tinyModel().format == .standard)
  }

  /// To the bit: a file that states today's format runs as one that states none.
  @Test func `the format that training writes is the standard one`() throws {
    let text = try String(decoding: Data(contentsOf: fixture("format.json")), as: UTF8.self)
    #expect(try ModelFormat(json: JSONReader.read(text), path: "w") == .standard)
  }

  @Test(arguments: [8000, 11025, 16000, 44100, 48000])
  func `every split of the input gives the same output, at every rate of a device`(rate: Int) throws {
    let model = try tinyModel("tiny-8k")
    var settings = EnhancementSettings()
    settings.steps = 3
    let input = voiceLike(rate, rate: rate)
    var whole = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    let expected = run(&whole, input)
    var split = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    var output = input
    var random = Random(5)
    output.withUnsafeMutableBufferPointer { samples in
      var done = 0
      while done < samples.count {
        let count = min(1 + random.below(700), samples.count - done)
        let part = UnsafeMutableBufferPointer(rebasing: samples[done..<done + count])
        split.process(UnsafeBufferPointer(part), into: part)
        done += count
      }
    }
    #expect(output == expected)
    #expect(expected.contains { $0 != 0 } && expected.allSatisfy(\.isFinite))
    #expect(whole.frameCount == rate * 125 / rate)
  }

  @Test(arguments: [8000, 16000, 48000]) func `bypass is the input, as much later as is stated`(rate: Int) throws {
    var settings = EnhancementSettings()
    settings.bypass = true
    var enhancer = try StreamingEnhancer(model: tinyModel("tiny-8k"), settings: settings, sampleRate: rate)
    let parts = try StreamingEnhancer.latencyParts(sampleRate: rate, format: narrow)
    #expect(enhancer.latencyInSamples == Int((parts.frame + parts.resamplers).rounded()))
    if rate == 8000 { #expect(enhancer.latencyInSamples == 127) }
    let input = voiceLike(rate, rate: rate)
    let output = run(&enhancer, input)
    #expect(Array(output[enhancer.latencyInSamples...]) == Array(input.dropLast(enhancer.latencyInSamples)))
  }

  /// A predictor that changes nothing: all of the signal, the band above the model's included, comes out as it went in.
  @Test(arguments: [
    (8000, 128, 64, 64), (8000, 256, 64, 100), (48_000, 960, 480, 480), (24_000, 480, 120, 200),
  ]) func `what nothing is done to comes out as it was`(rate: Int, frame: Int, hop: Int, bins: Int) throws {
    let frames = try FrameFormat(sampleRate: rate, fftLength: frame, hopLength: hop, modelBinCount: bins)
    let format = try ModelFormat(
      frame: frames, compressionFactor: 0.3, compressionExponent: 0.7, sde: OrnsteinUhlenbeckSDE(), grid: .standard)
    for device in [rate, 48_000] {
      var chain = try StreamingChain(
        predictor: Unchanged(binCount: bins), encoder: nil, format: format, settings: EnhancementSettings(),
        sampleRate: device)
      let input = voiceLike(device, rate: device)
      var output = input
      output.withUnsafeMutableBufferPointer { chain.process($0.baseAddress!, into: $0.baseAddress!, count: $0.count) }
      let latency = chain.latency.samples
      let start = device / 4
      var error = 0.0
      var power = 0.0
      for n in start + latency..<input.count {
        error += pow(Double(output[n]) - Double(input[n - latency]), 2)
        power += pow(Double(input[n - latency]), 2)
      }
      // Resamplers bend the band's edge by less than that.
      #expect(10 * log10(error / power) < (device == rate ? -90 : -25), "\(rate) Hz at \(device) Hz")
    }
  }

  @Test func `a profile keeps its format, and a model of another one refuses it`() throws {
    let path = NSTemporaryDirectory() + "limpid-format-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let profile = try NoiseProfile(magnitudes: fixtureFloats("profile-8k"), format: narrow)
    try profile.save(to: path)
    let back = try NoiseProfile(path: path)
    #expect(back == profile)
    #expect(back.frameCount == 60 && back.binCount == 64)
    var enhancer = try StreamingEnhancer(model: tinyModel(), sampleRate: 48_000)
    let error = NoiseProfileError.otherFormat(profile: "\(narrow)", model: "\(FrameFormat.standard)")
    #expect(throws: error) { try enhancer.setNoiseProfile(back) }
    #expect(enhancer.noiseReferenceFrameCount == 0)
    #expect(
      error.description == "the noise profile has 8000 Hz in frames of 128 samples every 64, 64 bins, the model takes "
        + "16000 Hz in frames of 320 samples every 160, 160 bins; save a new one with this model")
  }

  @Test(arguments: [
    ("321", "the format's frame is 321 samples, expected an even number"),
    ("\(Int.min)", "its fft_length is \(Int.min)"),
  ]) func `a profile of frames that cannot be is refused in a sentence`(length: String, words: String) throws {
    let path = NSTemporaryDirectory() + "limpid-format-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var file = SafetensorsWriter(metadata: [
      ("limpid_noise_profile", "1"), ("sample_rate", "16000"), ("fft_length", length), ("hop_length", "160"),
    ])
    file.add("noise", shape: [30, 160], values: [Float](repeating: 1, count: 30 * 160))
    try file.write(to: path)
    let error = #expect(throws: NoiseProfileError.self) { try NoiseProfile(path: path) }
    #expect(error?.description.contains(words) == true)
  }

  @Test func `steps end at the model's own grid`() throws {
    var settings = EnhancementSettings()
    settings.steps = 6
    #expect(throws: EnhancementError.outOfRange(setting: "steps", sentence: "6 steps cannot be run; give 1 to 5")) {
      _ = try StreamingEnhancer(model: tinyModel("tiny-8k"), settings: settings, sampleRate: 8000)
    }
    #expect(throws: Never.self) { _ = try StreamingEnhancer(model: tinyModel(), settings: settings, sampleRate: 8000) }
  }

  /// What is meant in seconds, in frames: for today's format the numbers that were written into the code before.
  @Test func `seconds are frames`() {
    let frames = FrameFormat.standard
    #expect(frames.longestReference == 200 && frames.shortestReference == 25)
    #expect(frames.bin(at: 200) == 4 && frames.bin(at: 4000) == 80 && frames.frames(in: 0.05) == 5)
    #expect(frames.frameRate == 100 && frames.hopDuration == 0.01 && frames.upperEdge == 8000)
    let compression = AmplitudeCompression.standard
    for (hears, interval, delay) in [(nil as (any NoiseEncoder)?, 25, 10), (HearsSound(), 100, 90)] {
      let job = NoiseEncodingJob(hears, format: frames, compression: compression)
      #expect(job.interval == interval && job.delay == delay)
    }
    let job = NoiseEncodingJob(nil, format: narrow, compression: compression)
    #expect(job.interval == 31 && job.delay == 13 && narrow.longestReference == 250)
    #expect(narrow.bin(at: 4000) == 64)
  }

  /// Constants of the smoothing per frame, to the bit those of before.
  @Test func `levels move as many decibels a second whatever the hop`() {
    for (rate, frames) in [(100.0, 100), (125.0, 125)] {
      var level = LevelGain(startLevel: 0, frameRate: rate)
      for _ in 0..<frames { level.update(energy: 1e-3) }
      #expect(abs(level.level + 3) < 1e-3)
    }
    var level = LevelGain(startLevel: 0)
    level.update(energy: 1e-3)
    #expect(level.level == -0.03)
    #expect(SpeechPresence().floor == 1.6e-10)
    #expect(SpeechPresence().startFrameCount == 5)
  }
}

/// Gives back what is noisy.
private struct Unchanged: ConditionalPredictor, ~Copyable {
  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) { for n in 0..<2 * binCount { output[n] = y[n] } }
  var binCount = 0
  mutating func reset() {}
  mutating func resetSlot(_ slot: Int) {}
  mutating func copySlot(from source: Int, to destination: Int) {}
  mutating func startUnconditionalLane(slot: Int) {}
  mutating func setTokens(_ tokens: UnsafePointer<Float>?) {}
  mutating func setLearnedTokens(_ tokens: UnsafePointer<Float>?) {}
}

private final class HearsSound: NoiseEncoder {
  let tokenFloatCount = 1
  let maximumFrameCount = 200
  let hears = NoiseReferenceForm.samples
  func multiplyAdds(frameCount: Int) -> Int { 0 }
  func encode(_ reference: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>) {}
}
