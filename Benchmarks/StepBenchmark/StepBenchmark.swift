import CKernels
import Glibc
import Ground
import NeuralLayers
import ScoreModel

/// Times kernels, one network step, the change of tokens, and the noise encoder, on one thread.
///
///     swift run -c release --package-path Benchmarks StepBenchmark WEIGHTS \
///       [--part all|step|kernels|frames|counted] [--level baseline|v3|v4]
///       [--precision float32|bfloat16|both] [--frames N] [--json]
///
/// `counted` is a fixed amount of work for tools/count-work, not timed.
@main
struct StepBenchmark {
  static func main() {
    var path: String?
    var frames = 3000
    var part = "all"
    var precisions: [ProductPrecision] = [.float32]
    var report = Report()
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
      case "--part":
        guard let name = arguments.popFirst(), ["all", "step", "kernels", "frames", "counted"].contains(name) else {
          usage()
        }
        part = name
      case "--precision":
        guard let name = arguments.popFirst() else { usage() }
        precisions = ProductPrecision.allCases.filter { $0.rawValue == name || name == "both" }
        guard !precisions.isEmpty else { usage() }
      case "--json": report.json = true
      default:
        guard path == nil, !argument.hasPrefix("-") else { usage() }
        path = argument
      }
    }
    guard let path else { usage() }
    do {
      let all = try precisions.map { precision throws(ModelFileError) in
        try ScoreModelWeights(path: path, precision: precision)
      }
      flushDenormals()
      if part == "counted" { return runCountedWork(all[0]) }
      report.begin("\(all[0].name): \(all[0].parameterCount) parameters, kernels at \(kernelLevelName)")
      for weights in all {
        report.suffix = weights.precision == .float32 ? "" : ", \(weights.precision)"
        if part == "step" || part == "all" { timeStep(weights, frames: frames, slots: 1, batch: 1, &report) }
        if part == "all" {
          timeStep(weights, frames: frames, slots: 4, batch: 1, &report)
          timeStep(weights, frames: frames, slots: 1, batch: 2, &report)
          timeRefresh(weights, &report)
        }
        if part == "kernels" { timeKernels(weights.precision, &report) }
        if part == "frames" { try timeFrames(weights, frames: frames, &report) }
      }
      report.end()
    } catch { fail("\(error)") }
  }

  static func timeStep(
    _ weights: ScoreModelWeights, frames: Int, slots: Int, batch: Int, _ report: inout Report
  ) {
    let bins = weights.configuration.bins
    let input = values(64 * 2 * bins, 0.3)
    var output = [Float](repeating: 0, count: 4 * bins)
    let tokens = values(weights.configuration.tokenCount * weights.configuration.tokenDimension, 1)
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
    report.add(
      "step, \(slots) slot\(slots == 1 ? "" : "s in turn"), batch \(batch)", step,
      multiplyAdds: weights.multiplyAddsPerFrame * batch)
  }

  static func timeRefresh(_ weights: ScoreModelWeights, _ report: inout Report) {
    let tokens = values(weights.configuration.tokenCount * weights.configuration.tokenDimension, 1)
    var network = ScoreNetwork(weights: weights, times: [1, 0.5, 0.2, 0.1], batch: 2)
    report.add("setTokens, 4 slots", microseconds(200) { network.setTokens(tokens) })
    let encoder = weights.makeNoiseEncoder(maximumFrameCount: 200)
    let magnitudes = values(200 * weights.configuration.bins, 0.3).map(abs)
    var encoded = [Float](repeating: 0, count: encoder.tokenFloatCount)
    for count in [25, 100, 200] {
      let times = microseconds(100) {
        encoder.encode(magnitudes: magnitudes, frameCount: count, into: &encoded)
      }
      report.add("encoder, \(count) frames", times, multiplyAdds: encoder.multiplyAdds(frameCount: count))
    }
  }

  /// Numbers of one sequence, between -limit and limit.
  static func values(_ count: Int, _ limit: Float) -> [Float] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return limit * Float(Int32(bitPattern: state)) * 0x1p-31
    }
  }

  /// The time of each run, sorted, after a tenth as many to warm up.
  static func microseconds(_ count: Int, _ body: () -> Void) -> [Double] {
    for _ in 0..<max(count / 10, 3) { body() }
    var times = [Double](repeating: 0, count: count)
    for i in 0..<count {
      let start = microsecondsNow()
      body()
      times[i] = microsecondsNow() - start
    }
    return times.sorted()
  }

  static func microsecondsNow() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) * 1e6 + Double(now.tv_nsec) / 1e3
  }

  static func usage() -> Never {
    fail(
      "usage: StepBenchmark WEIGHTS [--part all|step|kernels|frames|counted] [--level baseline|v3|v4] "
        + "[--precision float32|bfloat16|both] [--frames N] [--json]")
  }

  static func fail(_ message: String) -> Never {
    let text = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(2)
  }
}
