// Reaches into modules under test, which only debug builds allow.
#if DEBUG
  import Foundation
  import NeuralLayers
  import Synchronization
  import TestSupport

  @testable import Enhancement
  @testable import Realtime

  /// Bursts of a tone complex in noise, interleaved.
  package func voiceLike(_ count: Int, rate: Int, channels: Int = 1, seed: UInt64 = 1) -> [Float] {
    var random = Random(seed)
    return (0..<count * channels).map { index in
      let n = index / channels
      var x = 0.02 * random.sample()
      if n / (rate / 5) % 2 == 1 {
        for k in 1...6 { x += 0.1 / Float(k) * Float(sin(2 * Double.pi * 150 * Double(k * n) / Double(rate))) }
      }
      return x * (index % channels == 0 ? 1 : 0.5)
    }
  }

  /// The tiny network with random weights, or the one that gives its input back.
  package func model(
    _ name: String = "tiny", precision: EnhancementModel.Precision = .float32
  ) throws -> EnhancementModel {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let url = tests.appending(path: "EnhancementTests/Fixtures/\(name).safetensors")
    return try EnhancementModel(path: url.path, precision: precision)
  }

  package func temporaryFolder() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "limpid-live-\(UUID().uuidString)")
  }

  /// Options for tests: ordinary scheduling and fixed steps, so that a loaded machine changes nothing.
  package var calm: LiveOptions {
    var options = LiveOptions()
    options.priority = nil
    options.adaptsSteps = false
    return options
  }

  /// All of `input` through a live engine in freewheel.
  package func playLive(
    _ input: [Float], _ format: StreamFormat, settings: EnhancementSettings = EnhancementSettings(),
    options: LiveOptions = calm, modelName: String = "tiny", isPaced: Bool = false,
    between: (LiveEngine, Int) throws -> Void = { _, _ in }
  ) throws -> (output: [Float], latency: Int, status: LiveStatus) {
    let engine = try LiveEngine(model: try model(modelName), settings: settings, options: options)
    // Without a clock any machine is fast enough, whatever else it does.
    if !isPaced { engine.measure = { _, _ in 0 } }
    let player = try PacedPlayer(processor: engine, format: format, isPaced: isPaced)
    var output = input
    let step = format.block * format.channelCount
    var done = 0
    while done < output.count {
      try between(engine, done / format.channelCount)
      let count = min(step, output.count - done)
      output.withUnsafeMutableBufferPointer {
        player.play(UnsafeMutableBufferPointer(rebasing: $0[done..<done + count]))
      }
      done += count
    }
    guard let status = engine.status else { throw NothingRuns() }
    try engine.stop()
    return (output, player.latencyInSamples, status)
  }

  /// The same through the enhancer of `limpid enhance`.
  package func playOffline(
    _ input: [Float], _ format: StreamFormat, settings: EnhancementSettings = EnhancementSettings(),
    options: LiveOptions = calm, modelName: String = "tiny"
  ) throws -> (output: [Float], latency: Int) {
    let weights = try model(modelName)
    var enhancer = try MultichannelEnhancer(
      model: weights, settings: options.adapted(settings, model: weights), sampleRate: format.sampleRate,
      channelCount: format.channelCount)
    var output = input
    output.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    return (output, enhancer.latencyInSamples)
  }

  /// What an engine has to say.
  package final class Sentences: Sendable {
    package init() {}
    package let all = Mutex<[String]>([])
    package func add(_ sentence: String) { all.withLock { $0.append(sentence) } }
  }

  extension LiveCounters {
    /// Whether the clock decided nothing.
    package var isClean: Bool { late == 0 && reduced == 0 && dry == 0 && referenceLate == 0 && overruns == 0 }
  }

  private struct NothingRuns: Error {}
#endif
