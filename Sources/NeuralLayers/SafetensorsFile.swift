import Ground

/// A `.safetensors` file in memory, checked from end to end before anything is taken from it.
///
/// Layout: eight bytes, little endian: length of the header; the header, a JSON object; the data. Every entry of the
/// header is a tensor ("dtype", "shape", "data_offsets") or `__metadata__`, an object of strings. Checked: header of
/// at most 1 MB, no duplicate keys, known types, sizes that agree with shapes, offsets that cover the data exactly,
/// with neither gap nor overlap. No alignment is assumed. Any bytes give a file or a `ModelFileError`.
package struct SafetensorsFile: Sendable {
  /// One entry of the header.
  package struct Tensor: Sendable, Equatable {
    package let name: String
    package let type: ElementType
    package let shape: [Int]
    /// Bytes of the whole file.
    package let range: Range<Int>
    package var count: Int { shape.reduce(1, *) }
  }

  /// The number formats of safetensors; those of 16 and 32 bits of floating point are read.
  package enum ElementType: String, Sendable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8e5m2 = "F8_E5M2"
    case float8e4m3 = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint64 = "U64"

    package var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: return 1
      case .int16, .uint16, .float16, .bfloat16: return 2
      case .int32, .uint32, .float32: return 4
      case .float64, .int64, .uint64: return 8
      }
    }
  }

  package static let maximumHeaderBytes = 1 << 20
  package static let maximumFileBytes = 1 << 30

  package let path: String
  /// In the order of the header.
  package let tensors: [Tensor]
  /// The strings of `__metadata__`, in the order of the header.
  package let metadata: [(key: String, value: String)]
  private let bytes: [UInt8]
  private let indices: [String: Int]

  /// Reads and checks a file.
  package init(path: String) throws(ModelFileError) {
    let bytes: [UInt8]
    do throws(FileFailure) { bytes = try readFile(path, limit: Self.maximumFileBytes) } catch {
      switch error {
      case .missing: throw .missing(path: path)
      case .notRegular: throw .notAFile(path: path)
      case .tooLarge(let bytes): throw .tooLarge(path: path, bytes: bytes, limit: Self.maximumFileBytes)
      case .refused(let reason): throw .unreadable(path: path, reason: reason)
      }
    }
    try self.init(bytes: bytes, path: path)
  }

  /// Checks a file that is in memory; `path` names it in errors.
  package init(bytes: [UInt8], path: String) throws(ModelFileError) {
    self.path = path
    self.bytes = bytes
    guard bytes.count >= 8 else {
      throw .notSafetensors(path: path, reason: "only \(bytes.count) bytes")
    }
    var length: UInt64 = 0
    for i in 0..<8 { length |= UInt64(bytes[i]) << (8 * i) }
    guard length >= 2, length <= Self.maximumHeaderBytes else {
      throw .notSafetensors(path: path, reason: "a header of \(length) bytes")
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= bytes.count else {
      throw .cutShort(path: path, expectedBytes: dataStart, foundBytes: bytes.count)
    }
    guard bytes[8] == UInt8(ascii: "{") else {
      throw .notSafetensors(path: path, reason: "the header is not a JSON object")
    }
    let header: JSONValue
    do { header = try JSONReader.read(bytes[8..<dataStart]) } catch {
      throw .malformedHeader(path: path, reason: error.description)
    }

    var tensors: [Tensor] = []
    var metadata: [(key: String, value: String)] = []
    for member in header.members ?? [] {
      if member.key == "__metadata__" {
        guard let entries = member.value.members else {
          throw .malformedHeader(path: path, reason: "__metadata__ is not an object")
        }
        for entry in entries {
          guard let value = entry.value.string else {
            throw .malformedHeader(path: path, reason: "metadata \(quoted(entry.key)) is not a string")
          }
          metadata.append((entry.key, value))
        }
      } else {
        tensors.append(try Self.tensor(member, dataStart: dataStart, path: path))
      }
    }
    self.tensors = tensors
    self.metadata = metadata
    indices = Dictionary(uniqueKeysWithValues: zip(tensors.map(\.name), tensors.indices))

    var end = dataStart
    for tensor in tensors.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard tensor.range.lowerBound == end else {
        let what = tensor.range.lowerBound < end ? "overlaps another" : "leaves a gap before it"
        throw .malformedHeader(path: path, reason: "tensor \(quoted(tensor.name)) \(what)")
      }
      end = tensor.range.upperBound
    }
    if end > bytes.count { throw .cutShort(path: path, expectedBytes: end, foundBytes: bytes.count) }
    if end < bytes.count {
      throw .malformedHeader(path: path, reason: "\(bytes.count - end) bytes after the last tensor")
    }
  }

  private static func tensor(
    _ member: JSONValue.Member, dataStart: Int, path: String
  ) throws(ModelFileError) -> Tensor {
    func wrong(_ what: String) -> ModelFileError {
      .malformedHeader(path: path, reason: "tensor \(quoted(member.key)) \(what)")
    }
    guard let fields = member.value.members else { throw wrong("is not an object") }
    for field in fields where !["dtype", "shape", "data_offsets"].contains(field.key) {
      throw wrong("has an unknown field \(quoted(field.key))")
    }
    guard let typeName = member.value["dtype"]?.string else { throw wrong("has no dtype") }
    guard let type = ElementType(rawValue: typeName) else {
      throw .unsupportedType(path: path, tensor: member.key, type: typeName)
    }
    guard let sizes = member.value["shape"]?.array, sizes.count <= 8 else { throw wrong("has no shape") }
    var shape: [Int] = []
    var byteCount = type.byteCount
    for size in sizes {
      guard let n = size.integer, n >= 0 else { throw wrong("has a shape that is not of whole numbers") }
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: n)
      guard !overflow, product <= maximumFileBytes, n <= maximumFileBytes else { throw wrong("is too large") }
      byteCount = product
      shape.append(n)
    }
    guard let offsets = member.value["data_offsets"]?.array, offsets.count == 2,
      let begin = offsets[0].integer, let end = offsets[1].integer
    else { throw wrong("has no data_offsets") }
    guard begin >= 0, begin <= end, end <= maximumFileBytes else { throw wrong("has impossible offsets") }
    guard end - begin == byteCount else {
      throw wrong("takes \(end - begin) bytes, but \(typeName) \(shapeText(shape)) needs \(byteCount)")
    }
    return Tensor(name: member.key, type: type, shape: shape, range: dataStart + begin..<dataStart + end)
  }

  /// The entry of that name, if any.
  package func tensor(_ name: String) -> Tensor? { indices[name].map { tensors[$0] } }

  /// A tensor's values as Float32, row-major.
  ///
  /// - Throws: `missingTensor`, `shapeMismatch`, `unsupportedType`, `notFinite`.
  package func floats(_ name: String, shape: [Int]) throws(ModelFileError) -> [Float] {
    guard let tensor = tensor(name) else {
      throw .missingTensor(path: path, tensor: name, expected: shape)
    }
    guard tensor.shape == shape else {
      throw .shapeMismatch(path: path, tensor: name, expected: shape, found: tensor.shape)
    }
    let values = try floats(tensor)
    for value in values where !value.isFinite { throw .notFinite(path: path, tensor: name) }
    return values
  }

  /// A tensor's values as Float32, row-major, NaN and infinity included.
  ///
  /// - Throws: `unsupportedType`.
  package func floats(_ tensor: Tensor) throws(ModelFileError) -> [Float] {
    precondition(tensor.range.upperBound <= bytes.count, "floats takes a tensor of this file")
    let count = tensor.count
    let start = tensor.range.lowerBound
    switch tensor.type {
    case .float32, .float16, .bfloat16: break
    default: throw .unsupportedType(path: path, tensor: tensor.name, type: tensor.type.rawValue)
    }
    return bytes.withUnsafeBytes { raw in
      [Float](unsafeUninitializedCapacity: count) { values, initialized in
        for i in 0..<count {
          switch tensor.type {
          case .float32:
            let bits = raw.loadUnaligned(fromByteOffset: start + 4 * i, as: UInt32.self)
            values.initializeElement(at: i, to: Float(bitPattern: UInt32(littleEndian: bits)))
          case .bfloat16:
            let bits = raw.loadUnaligned(fromByteOffset: start + 2 * i, as: UInt16.self)
            values.initializeElement(at: i, to: Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16))
          default:
            let bits = raw.loadUnaligned(fromByteOffset: start + 2 * i, as: UInt16.self)
            values.initializeElement(at: i, to: widenHalf(UInt16(littleEndian: bits)))
          }
        }
        initialized = count
      }
    }
  }
}

/// IEEE half to single precision, by its bits: Swift's Float16 is not on every platform.
func widenHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return sign == 0 ? magnitude : -magnitude
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
