import Foundation

/// A weights file with the statement that its network hears recordings from their end.
///
/// - Parameter weights: a safetensors file of Limpid whose metadata states a format, or none.
package func backwardWeights(_ weights: Data) throws -> Data {
  let length = weights.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
  let header = try JSONSerialization.jsonObject(with: weights.dropFirst(8).prefix(length)) as! [String: Any]
  var metadata = header["__metadata__"] as! [String: String]
  var limpid = try JSONSerialization.jsonObject(with: Data(metadata["limpid"]!.utf8)) as! [String: Any]
  var format =
    limpid["format"] as? [String: Any] ?? [
      "sample_rate": 16000, "fft_length": 320, "hop_length": 160, "bins": 160, "compression_factor": 0.15,
      "compression_exponent": 0.5, "theta": 1.5, "sigma_min": 0.05, "sigma_max": 0.5,
      "times": [1.0, 0.6059, 0.3672, 0.2225, 0.1348, 0.0817, 0.0495, 0.03],
    ]
  format["direction"] = "backward"
  limpid["format"] = format
  metadata["limpid"] = String(decoding: try JSONSerialization.data(withJSONObject: limpid), as: UTF8.self)
  var changed = header
  changed["__metadata__"] = metadata
  let text = try JSONSerialization.data(withJSONObject: changed)
  let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
  return Data(size) + text + weights.dropFirst(8 + length)
}
