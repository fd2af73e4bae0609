import Enhancement
import Ground

/// Name and checksum of the weights file of a network that a recording was made with.
public struct RecordedNetwork: Equatable, Sendable {
  /// The network's own name, or its file's.
  public let name: String
  let checksum: UInt64

  var checksumText: String { String(checksum, radix: 16) }

  /// Of a model's one network or two.
  static func all(of model: EnhancementModel) -> [RecordedNetwork] {
    let first = RecordedNetwork(name: model.name, checksum: checksum(ofFile: model.path))
    guard let name = model.secondName, let path = model.secondPath else { return [first] }
    return [first, RecordedNetwork(name: name, checksum: checksum(ofFile: path))]
  }

  /// Whether a file holds these weights.
  public func isThat(ofFile path: String) -> Bool { Self.checksum(ofFile: path) == checksum }

  /// FNV-1a: tells other weights, not an attacker. 0 where the file cannot be read.
  static func checksum(ofFile path: String) -> UInt64 {
    guard let bytes = try? readFile(path, limit: .max) else { return 0 }
    return bytes.withUnsafeBufferPointer { bytes in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for n in 0..<bytes.count { hash = (hash ^ UInt64(bytes[n])) &* 0x100_0000_01b3 }
      return hash
    }
  }
}
