import Foundation
import NeuralLayers
import PretrainedEncoders

/// The fixtures of tools/golden/towers.py.
enum Fixtures {
  static func path(_ name: String) -> String {
    Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "safetensors")!.path
  }
  static func file(_ name: String) throws -> SafetensorsFile { try SafetensorsFile(path: path(name)) }
  static func tower(_ name: String) throws -> TowerFile { try TowerFile(path: path("tower-\(name)")) }
}

/// Expected values by name.
struct Golden {
  let file: SafetensorsFile
  init(_ name: String) throws { file = try Fixtures.file("golden-\(name)") }
  func values(_ name: String) -> [Float] { try! file.floats(file.tensor(name)!) }
}

/// 16 kHz samples through the upsampler and the tower.
func embedding(_ tower: TowerFile, _ samples: [Float], prefix: Int? = nil) -> [Float] {
  let count = prefix ?? samples.count
  let raised = Upsampler(factor: tower.configuration.spectrogram.sampleRate / 16_000).raise(Array(samples[..<count]))
  let instance = tower.weights.makeTower(maximumSampleCount: raised.count)
  var result = [Float](repeating: .nan, count: instance.embeddingDimension)
  instance.embed(raised, count: raised.count, into: &result)
  return result
}
