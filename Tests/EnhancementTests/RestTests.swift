import Foundation
import SignalProcessing
import Testing

@testable import Enhancement

/// After two seconds of digital silence the network is left out, and is there again with the first sample of sound.
@Suite struct RestTests {
  private let silence = [Float](repeating: 0, count: 160)

  @Test func `the network rests after two seconds of silence and runs from the first sample on`() throws {
    let log = Log()
    var chain = try makeChain(.scale(0.5), log: log)
    _ = run(&chain, whiteNoise(160 * 50))
    // The frame over the last sound is not silent yet.
    _ = run(&chain, [Float](repeating: 0, count: 160 * 201))
    #expect(log.predictions == 251 && chain.statistics.restingFrames == 0)
    _ = run(&chain, [Float](repeating: 0, count: 160 * 1000))
    #expect(log.predictions == 251 && chain.statistics.restingFrames == 1000)
    #expect(chain.statistics.silentFrames == 1200 && chain.statistics.frames == 1251)
    var hop = silence
    hop[159] = 0.25
    _ = run(&chain, hop)
    #expect(log.predictions == 252, "one sample is sound")
    _ = run(&chain, [Float](repeating: 0, count: 160 * 201))
    #expect(log.predictions == 453, "the two seconds begin anew")
    #expect(log.resets == 0)
  }

  /// Silence changes neither reference nor level, so no tokens are made of them again, unless something else has.
  @Test func `a rest leaves the noise tokens as they are, and a cleared reference is told`() throws {
    let log = Log()
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    var chain = try makeChain(.scale(0.1), settings: settings, log: log)
    _ = run(&chain, whiteNoise(160 * 100) + [Float](repeating: 0, count: 160 * 250))
    let encodings = log.encodings.count
    _ = run(&chain, [Float](repeating: 0, count: 160 * 500))
    #expect(log.encodings.count == encodings)
    #expect(chain.statistics.conditionedFrames == 850 - 35, "the tokens are in force all the time")
    let row = [Float](repeating: 0.1, count: 160 * 40)
    row.withUnsafeBufferPointer { chain.frames.setReference($0) }
    _ = run(&chain, [Float](repeating: 0, count: 160 * 50))
    #expect(log.encodings.count == encodings + 1 && log.encodings.last?.frameCount == 40)
  }

  /// The newest reference came to nothing as the encoder was busy, and the rest took its tokens for those in force; a recording of it
  /// played otherwise.
  @Test func `tokens that came too late before a rest are made in it`() throws {
    let log = Log()
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    let service = NoiseEncodingService(model: nil, wake: {}, pause: {})
    var chain = try TestChain(
      predictor: TestPredictor(.scale(0.1), log: log), encoder: TestEncoder(log: log, value: nil), settings: settings,
      sampleRate: 16000, service: service)
    let noise = whiteNoise(160 * 90)
    for frame in 0..<340 {
      _ = run(&chain, frame < 90 ? Array(noise[frame * 160..<(frame + 1) * 160]) : silence)
      // Away from before the last reference to the rest.
      if !(95..<320).contains(frame) { service.runPending() }
      if frame == 94 || frame == 324 { #expect(log.tokens.count == 3, "of references 25, 50 and 75") }
    }
    #expect(log.tokens.count == 4)
    #expect(chain.statistics.lateReferences == 9)
  }

  /// With the network itself: what comes after a pause is as if it had run all the time.
  @Test(arguments: [1, 2])
  func `after a rest the network goes on as if it had not rested`(steps: Int) throws {
    var settings = EnhancementSettings()
    settings.steps = steps
    let sound = voiceLike(2 * 16000, rate: 16000)
    func second(resting: Bool) throws -> [Float] {
      var enhancer = try StreamingEnhancer(model: try tinyModel(), settings: settings, sampleRate: 16000)
      if !resting { enhancer.chain.frames.framesBeforeRest = .max }
      let out = run(&enhancer, sound + [Float](repeating: 0, count: 10 * 16000) + sound)
      #expect((enhancer.statistics.restingFrames > 0) == resting)
      return Array(out[12 * 16000..<13 * 16000])
    }
    let reference = try second(resting: false)
    let rested = try second(resting: true)
    let difference = zip(reference, rested).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let power = reference.reduce(0) { $0 + $1 * $1 }
    #expect(10 * log10(difference / power) < -20, "\(10 * log10(difference / power)) dB")
  }
}
