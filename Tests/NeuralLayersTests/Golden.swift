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

/// A filled with NaN before a kernel writes it.
func unwritten(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count) }
