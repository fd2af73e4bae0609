import Foundation
import NeuralLayers
import Testing
import TestSupport

/// The reader of weights files: what it accepts, and one clear sentence for everything else.
@Suite struct SafetensorsTests {
  private static func file(_ header: String, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    bytes += text
    return bytes + [UInt8](repeating: 1, count: data)
  }

  private static func valid() -> SafetensorsWriter {
    var writer = SafetensorsWriter(metadata: [("limpid", "{\"name\": \"tiny \\u00e9\"}"), ("format", "pt")])
    writer.add("a.weight", shape: [2, 3], values: [1, -2, 3.5, 0, .leastNonzeroMagnitude, -6])
    writer.add("b", shape: [], values: [7])
    writer.add("empty", shape: [0, 4], values: [])
    return writer
  }

  @Test func `what is written is read back, to the bit`() throws {
    let file = try SafetensorsFile(bytes: Self.valid().bytes(), path: "x")
    #expect(file.tensors.map(\.name) == ["a.weight", "b", "empty"])
    #expect(try file.floats("a.weight", shape: [2, 3]) == [1, -2, 3.5, 0, .leastNonzeroMagnitude, -6])
    #expect(try file.floats("b", shape: []) == [7])
    #expect(try file.floats("empty", shape: [0, 4]) == [])
    #expect(file.metadata.map(\.key) == ["limpid", "format"])
    #expect(file.metadata[0].value == "{\"name\": \"tiny \\u00e9\"}")
  }

  @Test func `half and bfloat16 are widened exactly`() throws {
    let header =
      #"{"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},"#
      + #""b":{"dtype":"BF16","shape":[3],"data_offsets":[12,18]}}"#
    let half: [UInt16] = [0x3C00, 0xC000, 0x0001, 0x8400, 0x7BFF, 0x3555]
    let brain: [UInt16] = [0x3F80, 0xC040, 0x0001]
    var bytes = Self.file(header, data: 0)
    for word in half + brain { bytes += [UInt8(word & 0xFF), UInt8(word >> 8)] }
    let file = try SafetensorsFile(bytes: bytes, path: "x")
    #expect(try file.floats("h", shape: [6]) == [1, -2, 0x1p-24, -0x1p-14, 65504, 0.333251953125])
    #expect(try file.floats("b", shape: [3]) == [1, -3, Float(bitPattern: 0x0001_0000)])
  }

  @Test(arguments: [
    ("no header", "", 0, "header"),
    ("not JSON", "{\"a\" 1}", 0, "colon"),
    ("not an object", "[1, 2]", 0, "not a JSON object"),
    ("text after the end", "{} {}", 0, "after the end"),
    (
      "a key twice",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      4, "twice"
    ),
    (
      "the same key escaped",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      4, "twice"
    ),
    ("metadata of numbers", #"{"__metadata__":{"a":1}}"#, 0, "not a string"),
    ("metadata no object", #"{"__metadata__":"a"}"#, 0, "not an object"),
    ("tensor no object", #"{"a":1}"#, 0, "not an object"),
    ("no dtype", #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "no dtype"),
    ("unknown dtype", #"{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}"#, 4, "Q4"),
    ("no shape", #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "no shape"),
    ("negative size", #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "whole numbers"),
    ("fractional size", #"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "whole numbers"),
    (
      "a size that overflows",
      #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4, "too large"
    ),
    (
      "a size beyond 64 bits",
      #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4, "whole numbers"
    ),
    ("no offsets", #"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets"),
    ("three offsets", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 4, "data_offsets"),
    ("offsets reversed", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "impossible"),
    ("negative offset", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "impossible"),
    ("size and offsets differ", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "needs 8"),
    (
      "an unknown field", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4,
      "unknown field"
    ),
    (
      "overlap",
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "overlaps"
    ),
    (
      "gap",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      12, "gap"
    ),
    ("bytes left over", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "after the last"),
    ("cut short", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7, "cut short"),
  ])
  func `a hostile header gets a sentence that says what is wrong`(
    name: String, header: String, data: Int, part: String
  ) {
    let error = #expect(throws: ModelFileError.self) {
      try SafetensorsFile(bytes: Self.file(header, data: data), path: "w.safetensors")
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("w.safetensors: ") && text.contains(part), "\(name): \(text)")
  }

  @Test func `a deep nest ends in an error, not in the stack`() {
    let header = "{\"a\":" + String(repeating: "[", count: 100_000)
    #expect(throws: ModelFileError.self) { try SafetensorsFile(bytes: Self.file(header, data: 0), path: "x") }
  }

  @Test func `a header length beyond the limit is refused before it is believed`() {
    for length: [UInt8] in [
      [255, 255, 255, 255, 255, 255, 255, 255], [1, 0, 16, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 128],
    ] {
      #expect(throws: ModelFileError.self) { try SafetensorsFile(bytes: length + [0x7B, 0x7D], path: "x") }
    }
    #expect(throws: ModelFileError.self) { try SafetensorsFile(bytes: [], path: "x") }
  }

  @Test func `missing files, folders and unwritable places are told apart`() throws {
    #expect(throws: ModelFileError.missing(path: "/nowhere/w.safetensors")) {
      try SafetensorsFile(path: "/nowhere/w.safetensors")
    }
    #expect(throws: ModelFileError.notAFile(path: "/dev")) { try SafetensorsFile(path: "/dev") }
    #expect(throws: ModelFileError.notAFile(path: "/dev/zero")) { try SafetensorsFile(path: "/dev/zero") }
    #expect(throws: ModelFileError.self) { try Self.valid().write(to: "/nowhere/w.safetensors") }
  }

  @Test func `writing replaces the file whole and leaves nothing beside it`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("profile.safetensors").path
    try Data("older".utf8).write(to: URL(fileURLWithPath: path))
    try Self.valid().write(to: path)
    #expect(try SafetensorsFile(path: path).tensors.count == 3)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["profile.safetensors"])
  }

  @Test func `wrong shapes and NaN are named with their tensor`() throws {
    let file = try SafetensorsFile(bytes: Self.valid().bytes(), path: "w.safetensors")
    let shape = #expect(throws: ModelFileError.self) { try file.floats("a.weight", shape: [2, 4]) }
    #expect("\(shape!)" == "w.safetensors: tensor a.weight is (2, 3), expected (2, 4); export the file anew")
    let missing = #expect(throws: ModelFileError.self) { try file.floats("c", shape: [1]) }
    #expect("\(missing!)".hasPrefix("w.safetensors: tensor c is missing, expected (1,)"))
    var writer = SafetensorsWriter()
    writer.add("a", shape: [2], values: [1, .nan])
    let broken = try SafetensorsFile(bytes: writer.bytes(), path: "x")
    #expect(throws: ModelFileError.notFinite(path: "x", tensor: "a")) { try broken.floats("a", shape: [2]) }
  }

  @Test func `thousands of damaged files give an error or a file, never a trap`() throws {
    let original = Self.valid().bytes()
    let digits = Array("0123456789-{}[]\",:eE.\\u".utf8)
    var random = SplitMix(4)
    var accepted = 0
    for round in 0..<4000 {
      var bytes = original
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch round % 5 {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = digits.randomElement(using: &random)!
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &random)))
        case 3: bytes.insert(digits.randomElement(using: &random)!, at: place)
        default: bytes = Array(bytes[..<place])
        }
        if bytes.isEmpty { break }
      }
      guard let file = try? SafetensorsFile(bytes: bytes, path: "x") else { continue }
      accepted += 1
      for tensor in file.tensors { _ = try? file.floats(tensor) }
    }
    #expect(accepted > 0)
  }
}
