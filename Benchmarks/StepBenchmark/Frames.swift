import Enhancement
import ScoreModel

extension StepBenchmark {
  /// A frame of the `live` preset's work in turn with a network step alone: what is left of the frame is all the rest.
  ///
  /// At 16 kHz, at 48 kHz through both resamplers, and with the band above 8 kHz besides. The noise encoder is no part of a
  /// frame: live it has a thread of its own, and here a service that runs it between two frames, untimed.
  static func timeFrames(_ weights: ScoreModelWeights, frames: Int, _ report: inout Report) throws {
    let model = try EnhancementModel(weights: weights)
    for (name, rate, band) in [
      ("16 kHz", 16000, EnhancementSettings.Band.wide), ("48 kHz", 48000, .wide),
      ("48 kHz, band above too", 48000, .full),
    ] {
      var settings = EnhancementSettings()
      settings.band = band
      settings.noiseSelection = .residual
      let service = NoiseEncodingService(model: model, wake: {}, pause: {})
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate, service: service)
      let hop = rate / 100
      let sound = values(hop * 64, 0.05)
      var output = [Float](repeating: 0, count: hop)
      let bins = weights.configuration.bins
      let input = values(64 * 2 * bins, 0.3)
      var estimate = [Float](repeating: 0, count: 2 * bins)
      var network = ScoreNetwork(weights: weights, times: [1], batch: 2)
      var frame = 0
      let (whole, step) = pairedMicroseconds(
        frames,
        {
          sound.withUnsafeBufferPointer { sound in
            output.withUnsafeMutableBufferPointer {
              enhancer.process(
                UnsafeBufferPointer(rebasing: sound[frame % 64 * hop..<(frame % 64 + 1) * hop]), into: $0)
            }
          }
          frame += 1
        },
        {
          input.withUnsafeBufferPointer {
            let x = $0.baseAddress! + frame % 63 * 2 * bins
            network.predict(slot: 0, batch: 1, state: x, noisy: x + 2 * bins, into: &estimate)
          }
        }, between: { service.runPending() })
      report.add("frame, \(name)", whole.sorted())
      // Pair by pair, so that what disturbs one run does not move the share.
      let rest = zip(whole, step).map { $0 - $1 }.sorted()
      report.add("  without the step", rest)
    }
  }

  /// The times of two pieces of work that take turns, in microseconds, after a tenth as many to warm up.
  static func pairedMicroseconds(
    _ count: Int, _ first: () -> Void, _ second: () -> Void, between: () -> Void
  ) -> (first: [Double], second: [Double]) {
    var times = (first: [Double](), second: [Double]())
    for i in 0..<count + count / 10 {
      between()
      // The encoder leaves its own weights in the cache; a step takes them out again, untimed.
      second()
      let start = microsecondsNow()
      first()
      let middle = microsecondsNow()
      second()
      let end = microsecondsNow()
      guard i >= count / 10 else { continue }
      times.first.append(middle - start)
      times.second.append(end - middle)
    }
    return times
  }
}
