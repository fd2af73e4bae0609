import Ground

/// Writes `.safetensors` files of F32 tensors: whole, or not at all.
package struct SafetensorsWriter {
  private var tensors: [(name: String, shape: [Int], values: [Float])] = []
  private let metadata: [(key: String, value: String)]

  package init(metadata: [(key: String, value: String)] = []) { self.metadata = metadata }

  /// Adds a tensor; its values are row-major.
  package mutating func add(_ name: String, shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "a tensor takes as many values as its shape says")
    precondition(!tensors.contains { $0.name == name } && name != "__metadata__", "a tensor's name is new")
    tensors.append((name, shape, values))
  }

  /// The file as bytes. The data begins at a multiple of eight bytes.
  package func bytes() -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let entries = metadata.map { quoted($0.key) + ":" + quoted($0.value) }
      members.append("\"__metadata__\":{" + entries.joined(separator: ",") + "}")
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + 4 * tensor.values.count
      let shape = tensor.shape.map { String($0) }.joined(separator: ",")
      members.append(
        "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array(("{" + members.joined(separator: ",") + "}").utf8)
    while header.count % 8 != 0 { header.append(0x20) }
    var result: [UInt8] = []
    result.reserveCapacity(8 + header.count + offset)
    for i in 0..<8 { result.append(UInt8(truncatingIfNeeded: header.count >> (8 * i))) }
    result.append(contentsOf: header)
    for tensor in tensors {
      for value in tensor.values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { result.append(contentsOf: $0) }
      }
    }
    return result
  }

  /// Writes the file under a temporary name beside `path`, then renames it.
  ///
  /// - Throws: `ModelFileError.unwritable`; then no file is left behind and an older one is untouched.
  package func write(to path: String, isPrivate: Bool = false) throws(ModelFileError) {
    do throws(FileFailure) { try replaceFile(path, with: bytes(), isPrivate: isPrivate) } catch {
      guard case .refused(let reason) = error else { preconditionFailure("writing is refused or done") }
      throw .unwritable(path: path, reason: reason)
    }
  }
}
