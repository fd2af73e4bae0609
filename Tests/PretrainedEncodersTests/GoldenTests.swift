import KernelLevels
import NeuralLayers
import Testing
import TestSupport

@testable import PretrainedEncoders

/// The towers at small sizes against transformers, a CNN14 from its paper, and SciPy. At most −80 dB is required;
/// half of all differences are below −120 dB.
@Suite struct GoldenTests {
  static let cases = ["panns", "panns-odd", "clap", "clap-wide"]
  static let tolerance = -90.0

  @Test(arguments: cases) func `the raised sample rate equals SciPy's`(name: String) throws {
    try atEveryKernelLevel {
      let golden = try Golden(name)
      let rate = try Fixtures.tower(name).configuration.spectrogram.sampleRate
      let expected = golden.values("raised")
      let raised = Upsampler(factor: rate / 16_000).raise(golden.values("samples"))
      let error = errorInDecibels(Array(raised[..<expected.count]), expected)
      #expect(error < -110, "\(error) dB")
    }
  }

  @Test(arguments: cases) func `the log-mel spectrogram equals the reference's`(name: String) throws {
    try atEveryKernelLevel {
      let golden = try Golden(name)
      let configuration = try Fixtures.tower(name).configuration
      let sizes = configuration.spectrogram
      var wave = Upsampler(factor: sizes.sampleRate / 16_000).raise(golden.values("samples"))
      if case .clap(let clap) = configuration {
        let once = wave
        while wave.count + once.count <= clap.clipSamples { wave += once }
        wave += [Float](repeating: 0, count: clap.clipSamples - wave.count)
      }
      let expected = golden.values("mel")
      var mel = [Float](repeating: .nan, count: sizes.frames(wave.count) * sizes.melBins)
      LogMelSpectrogram(sizes).forward(wave, count: wave.count, into: &mel)
      let error = errorInDecibels(Array(mel[..<expected.count]), expected)
      #expect(error < Self.tolerance, "\(error) dB")
    }
  }

  @Test(arguments: cases) func `embeddings of a short and a long stretch equal the reference's`(name: String) throws {
    try atEveryKernelLevel {
      let golden = try Golden(name)
      let tower = try Fixtures.tower(name)
      let samples = golden.values("samples")
      let short = errorInDecibels(embedding(tower, samples, prefix: samples.count / 4), golden.values("short"))
      let long = errorInDecibels(embedding(tower, samples), golden.values("long"))
      #expect(errorInDecibels(golden.values("short"), golden.values("long")) > -40, "the embedding tells sounds apart")
      #expect(short < Self.tolerance, "short: \(short) dB")
      #expect(long < Self.tolerance, "long: \(long) dB")
    }
  }
}
