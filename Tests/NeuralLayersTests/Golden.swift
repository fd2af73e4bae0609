import Foundation
import NeuralLayers

/// The golden vectors of tools/golden/layers.py.
enum Golden {
  static let layers: SafetensorsFile = {
    let url = Bundle.module.url(forResource: "Fixtures/layers", withExtension: "safetensors")!
    return try! SafetensorsFile(path: url.path)
  }()

  static func tensor(_ name: String) -> (shape: [Int], values: [Float]) {
    let tensor = layers.tensor(name)!
    return (tensor.shape, try! layers.floats(tensor))
  }

  static func values(_ name: String) -> [Float] { tensor(name).values }
  static func shape(_ name: String) -> [Int] { tensor(name).shape }
}

/// RMS of the difference over RMS of the reference, in dB; +infinity if anything is NaN.
func errorInDecibels(_ values: [Float], _ reference: [Float]) -> Double {
  precondition(values.count == reference.count && !values.isEmpty)
  var difference = 0.0
  var power = 0.0
  for (a, b) in zip(values, reference) {
    difference += Double(a - b) * Double(a - b)
    power += Double(b) * Double(b)
  }
  if !difference.isFinite { return .infinity }
  return 10 * log10(max(difference, 1e-300) / power)
}

/// A repeatable generator for tests: splitmix64.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(Int(next() >> 40) - (1 << 23)) * 0x1p-23 }
  }
}

/// A filled with NaN before a kernel writes it.
func unwritten(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count) }
