import Glibc

/// Writes `.safetensors` files of F32 tensors: whole, or not at all.
public struct SafetensorsWriter {
  private var tensors: [(name: String, shape: [Int], values: [Float])] = []
  private let metadata: [(key: String, value: String)]

  public init(metadata: [(key: String, value: String)] = []) { self.metadata = metadata }

  /// Adds a tensor; its values are row-major.
  public mutating func add(_ name: String, shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "a tensor takes as many values as its shape says")
    precondition(!tensors.contains { $0.name == name } && name != "__metadata__", "a tensor's name is new")
    tensors.append((name, shape, values))
  }

  /// The file as bytes. The data begins at a multiple of eight bytes.
  public func bytes() -> [UInt8] {
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
  public func write(to path: String) throws(ModelFileError) {
    let temporary = "\(path).\(getpid()).part"
    unlink(temporary)  // left by a process of the same number that was killed
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    var failure: Int32 = 0
    bytes().withUnsafeBytes { raw in
      var written = 0
      while written < raw.count && failure == 0 {
        let count = Glibc.write(descriptor, raw.baseAddress! + written, raw.count - written)
        if count < 0 && errno != EINTR { failure = errno }
        if count > 0 { written += count }
      }
    }
    if failure == 0 && fsync(descriptor) != 0 && errno != EINVAL { failure = errno }
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    if failure == 0 && rename(temporary, path) != 0 { failure = errno }
    if failure != 0 {
      unlink(temporary)
      throw .unwritable(path: path, reason: String(cString: strerror(failure)))
    }
  }
}
