import Foundation

@testable import Diffusion

/// The vectors of tools/golden/diffusion.py.
struct Golden: Decodable {
  struct Array: Decodable {
    let offset: Int
    let shape: [Int]
  }

  struct SDERow: Decodable {
    let time, meanWeight, deviation, diffusion, state, noisy, drift, mean: Double
  }

  struct Case: Decodable {
    let name, predictor, kind, final: String
    let steps: Int
    let guidance: Float
    let eta, snr: Float?

    var samplerKind: SamplerKind {
      switch kind {
      case "few-step": .fewStep(eta: eta!)
      case "reverse-diffusion": .reverseDiffusion
      case "predictor-corrector": .predictorCorrector(snr: snr!)
      default: .probabilityFlow
      }
    }
  }

  struct Noise: Decodable {
    let name, seed: String
    let frame, step: Int
  }

  struct Tolerance: Decodable {
    let samplers, counterNoise: Float
    let sde: Double
  }

  let sde: [SDERow]
  let grid: [Double]
  let frames, bins, maximumSteps: Int
  let cases: [Case]
  let counterNoise: [Noise]
  let tolerance: Tolerance
  let arrays: [String: Array]

  static let shared: (manifest: Golden, values: [Float]) = {
    let folder = Bundle.module.url(forResource: "Fixtures", withExtension: nil)!
    let manifest = try! JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: folder.appending(path: "diffusion.json")))
    let data = try! Data(contentsOf: folder.appending(path: "diffusion.bin"))
    let values = data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
      }
    }
    return (manifest, values)
  }()

  static func array(_ name: String) -> ArraySlice<Float> {
    let entry = shared.manifest.arrays[name]!
    return shared.values[entry.offset..<entry.offset + entry.shape.reduce(1, *)]
  }
}
