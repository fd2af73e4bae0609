import Enhancement
import Foundation
import TestSupport
import Testing

/// A model of another format than the usual one, 8 kHz in frames of 16 ms, through the whole command.
@Suite struct FormatTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private let fixtures = tests.appendingPathComponent("EnhancementTests/Fixtures")
  private var narrow: String { fixtures.appendingPathComponent("tiny-8k.safetensors").path }

  private func floats(_ name: String) throws -> [Float] {
    let data = try Data(contentsOf: fixtures.appendingPathComponent("\(name).f32"))
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  /// The same case as in EnhancementTests, of tools/golden/enhancement.py: what a file becomes is NumPy's and PyTorch's.
  @Test func `a file at 8 kHz becomes what the reference says`() throws {
    let frame = try EnhancementModel(path: narrow).frameFormat
    #expect(frame.sampleRate == 8000 && frame.fftLength == 128)
    let profile = scratch.path("profile.safetensors")
    try NoiseProfile(magnitudes: floats("profile-8k"), format: frame).save(to: profile)
    let samples = try floats("8k-profile-3-steps-input")
    let input = try scratch.write(
      Wave(rate: 8000, bits: 32, isFloat: true, samples: samples).data, "in.wav")
    let result = try run(
      "enhance", input, "-o", scratch.path("out.wav"), "--preset", "live", "--model", narrow, "--steps", "3",
      "--passes", "1", "--post-filter", "0", "--precision", "float32",
      "--guidance", "1.5", "--start-level", "-20", "--seed", "20250711", "--noise-profile", profile)
    #expect(result.status == 0, "\(result.errors)")
    let out = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("out.wav")))
    #expect(out.rate == 8000 && out.samples.count == samples.count)
    // The reference gives frame by frame what the file has less the latency of a frame.
    let expected = try floats("8k-profile-3-steps-output").dropFirst(frame.fftLength - frame.hopLength)
    let error = errorInDecibels(out.samples.prefix(expected.count), expected)
    #expect(error < -80, "\(error) dB")
  }

  @Test(arguments: [(8000, 1), (16_000, 1), (48_000, 2), (44_100, 1)])
  func `every rate goes through, live as well, and keeps its length`(rate: Int, channels: Int) throws {
    let sound = Wave(rate: rate, channels: channels, samples: Wave.sound(0.7, rate: rate, channels: channels))
    let input = try scratch.write(sound.data, "in.wav")
    for way in [[], ["--realtime"]] {
      let output = scratch.path("out\(way.count).wav")
      let result = try run(
        ["enhance", input, "-o", output, "--preset", "live", "--model", narrow, "--steps", "5"] + way)
      #expect(result.status == 0, "\(result.errors)")
      let out = try Wave(Data(contentsOf: URL(fileURLWithPath: output)))
      #expect(out.rate == rate && out.channels == channels && out.samples.count == sound.samples.count)
      #expect(out.samples.contains { $0 != 0 })
    }
  }

  @Test func `steps end at the model's own grid, by option and by preset`() throws {
    let input = try scratch.write(Wave(rate: 8000, samples: Wave.sound(0.1, rate: 8000)).data, "in.wav")
    let preset = try scratch.write(Data("model = \"\(narrow)\"\nsteps = 6\n".utf8), "six.toml")
    for given in [["--preset", "live", "--model", narrow, "--steps", "6"], ["--preset", preset]] {
      let result = try run(["enhance", input, "-o", scratch.path("out.wav")] + given)
      #expect(result.status != 0 && result.errors.contains("6 steps cannot be run; give 1 to 5"), "\(result.errors)")
      #expect(!scratch.names.contains("out.wav"))
    }
  }
}
