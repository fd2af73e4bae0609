import Figures
import Foundation
import Testing

/// A golden array from `Fixtures` (made by tools/golden/figures.py).
func golden(_ name: String) throws -> [Float] {
  let url = try #require(Bundle.module.url(forResource: name, withExtension: "f32", subdirectory: "Fixtures"))
  return try Data(contentsOf: url).withUnsafeBytes { raw in
    (0..<raw.count / 4).map {
      Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
    }
  }
}

/// The tolerance the manifest states for a case.
func tolerance(_ name: String) throws -> Float {
  struct Manifest: Decodable {
    struct Case: Decodable { let tolerance: Float? }
    let cases: [String: Case]
  }
  let url = try #require(Bundle.module.url(forResource: "manifest", withExtension: "json", subdirectory: "Fixtures"))
  return try #require(JSONDecoder().decode(Manifest.self, from: Data(contentsOf: url)).cases[name]?.tolerance)
}

/// `seconds` of a sine on all channels.
func sine(_ frequency: Double, amplitude: Double, seconds: Double, rate: Int, channels: Int = 1) -> [Float] {
  (0..<Int(seconds * Double(rate)) * channels).map {
    Float(amplitude * sin(2 * Double.pi * frequency * Double($0 / channels) / Double(rate)))
  }
}

extension SignalColumns {
  /// A whole signal.
  convenience init(_ samples: [Float], rate: Int, channels: Int = 1, clipping: Clipping = .flattened) {
    self.init(sampleRate: rate, channelCount: channels, clipping: clipping)
    samples.withUnsafeBufferPointer { add($0) }
    finish()
  }
}
