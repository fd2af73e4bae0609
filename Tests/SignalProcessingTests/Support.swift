import Foundation
import Testing

/// A golden array from `Fixtures` (made by tools/golden/signal_processing.py).
func golden(_ name: String) throws -> [Float] {
  let url = try #require(Bundle.module.url(forResource: name, withExtension: "f32", subdirectory: "Fixtures"))
  let data = try Data(contentsOf: url)
  return data.withUnsafeBytes { raw in
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
  let url = try #require(
    Bundle.module.url(forResource: "manifest", withExtension: "json", subdirectory: "Fixtures"))
  let manifest = try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: url))
  return try #require(manifest.cases[name]?.tolerance)
}

/// Largest difference and where; a value that is not a number counts as infinite.
func largestDifference(_ a: [Float], _ b: [Float]) -> (difference: Float, index: Int) {
  precondition(a.count == b.count, "\(a.count) values against \(b.count)")
  var worst: (Float, Int) = (0, 0)
  for (n, pair) in zip(a, b).enumerated() {
    let difference = abs(pair.0 - pair.1)
    if !(difference <= worst.0) { worst = (difference.isNaN ? .infinity : difference, n) }
  }
  return worst
}

/// Largest difference relative to the expected value, with `floor` as the smallest divisor.
func largestRelativeDifference(_ a: [Float], _ expected: [Float], floor: Float = 1e-30) -> Float {
  precondition(a.count == expected.count, "\(a.count) values against \(expected.count)")
  var worst: Float = 0
  for (x, y) in zip(a, expected) {
    let difference = abs(x - y) / max(abs(y), floor)
    if !(difference <= worst) { worst = difference.isNaN ? .infinity : difference }
  }
  return worst
}

/// Block sizes that devices and hosts use, and some that they should not.
let blockSizes = [1, 48, 127, 160, 320, 480, 512, 1024]
