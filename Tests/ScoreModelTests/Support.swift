import Foundation
import NeuralLayers
import ScoreModel

/// The fixtures of tools/golden/score_model.py.
enum Fixtures {
  static func path(_ name: String) -> String {
    Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "safetensors")!.path
  }
  static func weights(_ name: String) throws -> ScoreModelWeights { try ScoreModelWeights(path: path(name)) }
  static func golden(_ name: String) throws -> Golden {
    Golden(file: try SafetensorsFile(path: path("golden-\(name)")))
  }
}

/// Expected values by name.
struct Golden {
  let file: SafetensorsFile
  func values(_ name: String) -> [Float] { try! file.floats(file.tensor(name)!) }
  func has(_ name: String) -> Bool { file.tensor(name) != nil }
  var metadata: JSONValue { try! JSONReader.read(file.metadata.first { $0.key == "golden" }!.value) }
}

/// Float32 in [-1, 1) from a counter: splitmix64 of (stream, index), the top 24 bits; as the Python side makes them.
func counted(_ stream: Int, _ count: Int) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { values, initialized in
    for i in 0..<count {
      var z = (UInt64(stream) << 32) &+ UInt64(i + 1)
      z = z &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z = z ^ (z >> 31)
      values.initializeElement(at: i, to: Float(Int(z >> 40) - (1 << 23)) * 0x1p-23)
    }
    initialized = count
  }
}

/// The reference magnitudes that the Python side encodes.
func countedMagnitudes(_ stream: Int, frames: Int, bins: Int) -> [Float] {
  counted(stream, frames * bins).map { abs($0) * 0.3 }
}

/// Runs frames of (x, y) through one slot; returns the items' outputs, each (frames, bins, 2).
func run(
  _ network: inout ScoreNetwork, slot: Int = 0, batch: Int = 1, x: [Float], y: [Float],
  frames: Range<Int>? = nil
) -> [[Float]] {
  let count = 2 * network.bins
  var result = [[Float]](repeating: [], count: batch)
  var output = [Float](repeating: .nan, count: batch * count)
  for frame in frames ?? 0..<(y.count / count) {
    x.withUnsafeBufferPointer { x in
      y.withUnsafeBufferPointer { y in
        network.predict(
          slot: slot, batch: batch, state: x.baseAddress! + frame * count,
          noisy: y.baseAddress! + frame * count, into: &output)
      }
    }
    for item in 0..<batch { result[item] += output[(item * count)..<((item + 1) * count)] }
  }
  return result
}
