import CKernels
import Glibc
import NeuralLayers
import ScoreModel

/// Times one network step, the change of tokens, and the noise encoder, on one thread.
///
///     swift run -c release --package-path Benchmarks StepBenchmark WEIGHTS [--level baseline|v3|v4] [--frames N]
@main
struct StepBenchmark {
  static func main() {
    var path: String?
    var frames = 3000
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst() {
      switch argument {
      case "--level":
        let levels = ["baseline": ck_level_baseline, "v3": ck_level_v3, "v4": ck_level_v4]
        guard let name = arguments.popFirst(), let level = levels[name] else { usage() }
        guard ck_level_force(Int32(level.rawValue)) else {
          fail("this processor does not run level \(name); leave --level out")
        }
      case "--frames":
        guard let count = arguments.popFirst().flatMap({ Int($0) }), count > 0 else { usage() }
        frames = count
      default:
        guard path == nil, !argument.hasPrefix("-") else { usage() }
        path = argument
      }
    }
    guard let path else { usage() }
    do { run(try ScoreModelWeights(path: path), frames: frames) } catch { fail("\(error)") }
  }

  static func run(_ weights: ScoreModelWeights, frames: Int) {
    flushDenormals()
    print("\(weights.name): \(weights.parameterCount) parameters, kernels at \(kernelLevelName)")
    let bins = weights.configuration.bins
    let input = (0..<64 * 2 * bins).map { _ in Float.random(in: -0.3...0.3) }
    var output = [Float](repeating: 0, count: 4 * bins)
    let tokenCount = weights.configuration.tokenCount * weights.configuration.tokenDimension
    let tokens = (0..<tokenCount).map { _ in Float.random(in: -1...1) }

    for (slots, batch) in [(1, 1), (4, 1), (1, 2)] {
      let times = (0..<slots).map { Float(1) / Float($0 + 1) }
      var network = ScoreNetwork(weights: weights, times: times, batch: batch)
      network.setTokens(tokens)
      var frame = 0
      let step = microseconds(frames) {
        input.withUnsafeBufferPointer { input in
          let x = input.baseAddress! + frame % 64 * 2 * bins
          let y = input.baseAddress! + (frame + 7) % 64 * 2 * bins
          network.predict(slot: frame % slots, batch: batch, state: x, noisy: y, into: &output)
        }
        frame += 1
      }
      report("step, \(slots) slot(s) in turn, batch \(batch)", step, weights.multiplyAddsPerFrame * batch)
    }
    var network = ScoreNetwork(weights: weights, times: [1, 0.5, 0.2, 0.1], batch: 2)
    report("setTokens, 4 slots", microseconds(200) { network.setTokens(tokens) }, nil)

    let encoder = weights.makeNoiseEncoder(maximumFrameCount: 200)
    let magnitudes = (0..<200 * bins).map { _ in Float.random(in: 0...0.3) }
    var encoded = [Float](repeating: 0, count: encoder.tokenCount * encoder.tokenDimension)
    for count in [25, 100, 200] {
      let times = microseconds(100) {
        encoder.encode(magnitudes: magnitudes, frameCount: count, into: &encoded)
      }
      report("encoder, \(count) frames", times, encoder.multiplyAdds(frameCount: count))
    }
  }

  /// The time of each run, sorted, after a tenth as many to warm up.
  static func microseconds(_ count: Int, _ body: () -> Void) -> [Double] {
    for _ in 0..<max(count / 10, 3) { body() }
    var times = [Double](repeating: 0, count: count)
    for i in 0..<count {
      var start = timespec()
      var end = timespec()
      clock_gettime(CLOCK_MONOTONIC, &start)
      body()
      clock_gettime(CLOCK_MONOTONIC, &end)
      times[i] = Double(end.tv_sec - start.tv_sec) * 1e6 + Double(end.tv_nsec - start.tv_nsec) / 1e3
    }
    return times.sorted()
  }

  static func report(_ name: String, _ times: [Double], _ multiplyAdds: Int?) {
    let median = times[times.count / 2]
    var line = "\(name): median \(Int(median.rounded())) µs, "
    line += "p99 \(Int(times[times.count * 99 / 100].rounded())) µs, best \(Int(times[0].rounded())) µs"
    if let multiplyAdds {
      line += ", \(Int((2 * Double(multiplyAdds) / median / 1e3).rounded())) GFLOP/s"
    }
    print(line)
  }

  static func usage() -> Never {
    fail("usage: StepBenchmark WEIGHTS [--level baseline|v3|v4] [--frames N]")
  }

  static func fail(_ message: String) -> Never {
    let text = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(2)
  }
}
