import Diffusion
import Glibc

// Predictors for the tests: noncopyable, with memory of their own, as a network has.

/// Linear in x, y and a memory of its own for every slot and lane; the same as `LinearToy` in tools/golden.
struct LinearToy: CleanSpectrumPredictor, ~Copyable {
  let times: [Float]
  let count: Int
  let memory: UnsafeMutablePointer<Float>  // (slots, 2, count)

  init(times: [Float], binCount: Int) {
    self.times = times
    count = 2 * binCount
    memory = .allocate(capacity: times.count * 2 * count)
    memory.initialize(repeating: 0, count: times.count * 2 * count)
  }

  deinit { memory.deallocate() }

  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    let gain = 1 / (1 + 2 * times[slot])
    let lane0 = memory + slot * 2 * count
    let lane1 = lane0 + count
    for i in 0..<count {
      lane0[i] = 0.75 * lane0[i] + 0.25 * x[i]
      output[i] = gain * x[i] + 0.3 * y[i] + 0.2 * lane0[i]
      guard batch == 2 else { continue }
      lane1[i] = 0.5 * lane1[i] + 0.5 * x[i]
      output[count + i] = 0.5 * gain * x[i] + 0.2 * y[i] - 0.1 * lane1[i]
    }
  }

  mutating func reset() { memory.update(repeating: 0, count: times.count * 2 * count) }

  mutating func copySlot(from source: Int, to destination: Int) {
    for i in 0..<2 * count { memory[destination * 2 * count + i] = memory[source * 2 * count + i] }
  }

  mutating func startUnconditionalLane(slot: Int) {
    for i in 0..<count { memory[slot * 2 * count + count + i] = memory[slot * 2 * count + i] }
  }
}

/// The exact posterior mean for a Gaussian prior: x0 ~ CN(weight · y, deviation²), another prior without condition.
/// Without memory: the defaults of the protocol serve it.
struct GaussianPosterior: CleanSpectrumPredictor, ~Copyable {
  struct Prior {
    var weight: Float
    var deviation: Float
  }

  let sde = OrnsteinUhlenbeckSDE()
  let times: [Float]
  let count: Int
  var conditional = Prior(weight: 0.5, deviation: 0.05)
  var unconditional = Prior(weight: 0.2, deviation: 0.1)

  init(times: [Float], binCount: Int) {
    self.times = times
    count = 2 * binCount
  }

  /// x̂0 = m + gain (x − a m − (1 − a) y).
  static func gain(_ prior: Prior, _ sde: OrnsteinUhlenbeckSDE, _ time: Float) -> (a: Double, gain: Double) {
    let a = sde.meanWeight(at: Double(time))
    let sigma = sde.marginalDeviation(at: Double(time))
    let variance = Double(prior.deviation) * Double(prior.deviation)
    return (a, a * variance / (a * a * variance + sigma * sigma))
  }

  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    for lane in 0..<batch {
      let prior = lane == 0 ? conditional : unconditional
      let (a, gain) = GaussianPosterior.gain(prior, sde, times[slot])
      let (aa, k, weight) = (Float(a), Float(gain), prior.weight)
      for i in 0..<count {
        output[lane * count + i] = weight * y[i] + k * (x[i] - (aa * weight + 1 - aa) * y[i])
      }
    }
  }

  mutating func reset() {}
}

/// Writes down every call; estimates lane 0 as y / 2 and lane 1 as y / 4, or `value` where it is given.
struct Recorder: CleanSpectrumPredictor, ~Copyable {
  enum Call: Equatable {
    case predict(slot: Int, batch: Int)
    case copy(from: Int, to: Int)
    case startLane(Int)
    case reset
  }

  let count: Int
  var calls: [Call] = []
  var value: Float?
  var lastState: [Float] = []

  init(binCount: Int) { count = 2 * binCount }

  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    calls.append(.predict(slot: slot, batch: batch))
    lastState = Array(UnsafeBufferPointer(start: x, count: count))
    for lane in 0..<batch {
      for i in 0..<count { output[lane * count + i] = value ?? y[i] * (lane == 0 ? 0.5 : 0.25) }
    }
  }

  mutating func reset() { calls.append(.reset) }
  mutating func copySlot(from source: Int, to destination: Int) {
    calls.append(.copy(from: source, to: destination))
  }
  mutating func startUnconditionalLane(slot: Int) { calls.append(.startLane(slot)) }
}
