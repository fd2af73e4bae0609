import CSndfile
import Foundation
import TestSupport
import Testing

@testable import AudioFiles

/// A recorder that crashed leaves sizes that are 0, or that were never true; "there is no sound in it" was the answer.
@Suite("Headers that were never finished")
struct UnfinishedHeaderTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  struct Wrong: CustomTestStringConvertible, Sendable {
    let name: String
    let container: Int
    /// Bytes to change; a negative place counts from the samples.
    let changes: [(at: Int, bytes: [UInt8])]
    var testDescription: String { name }
  }

  /// 4000 samples of 16 bits: 8000 bytes, behind 44 of header in a WAV.
  static let wrong: [Wrong] = [
    Wrong(name: "data 0", container: SF_FORMAT_WAV, changes: [(-4, [0, 0, 0, 0])]),
    Wrong(name: "data and RIFF 0", container: SF_FORMAT_WAV, changes: [(-4, [0, 0, 0, 0]), (4, [0, 0, 0, 0])]),
    Wrong(name: "as first written", container: SF_FORMAT_WAV, changes: [(-4, [0, 0, 0, 0]), (4, [36, 0, 0, 0])]),
    Wrong(name: "RIFF 0", container: SF_FORMAT_WAV, changes: [(4, [0, 0, 0, 0])]),
    Wrong(name: "44 bytes too long", container: SF_FORMAT_WAV, changes: [(-4, [0x6C, 0x1F, 0, 0])]),
    Wrong(name: "far too long", container: SF_FORMAT_WAV, changes: [(-4, [0, 0, 0, 9])]),
    Wrong(
      name: "all bits", container: SF_FORMAT_WAV, changes: [(-4, [255, 255, 255, 255]), (4, [255, 255, 255, 255])]),
    Wrong(name: "half of all", container: SF_FORMAT_WAV, changes: [(-4, [0, 0, 0, 0x80])]),
    Wrong(name: "an old size", container: SF_FORMAT_WAV, changes: [(-4, [0xE8, 3, 0, 0]), (4, [0x0C, 4, 0, 0])]),
    Wrong(name: "AIFF 0", container: SF_FORMAT_AIFF, changes: [(-12, [0, 0, 0, 8]), (22, [0, 0, 0, 0])]),
    Wrong(name: "AIFF too long", container: SF_FORMAT_AIFF, changes: [(-12, [0, 9, 0, 0])]),
    Wrong(name: "W64 0", container: SF_FORMAT_W64, changes: [(-8, [0, 0, 0, 0, 0, 0, 0, 0])]),
    Wrong(name: "AU 0", container: SF_FORMAT_AU, changes: [(8, [0, 0, 0, 0])]),
    Wrong(name: "AU too long", container: SF_FORMAT_AU, changes: [(8, [0, 9, 0, 0])]),
  ]

  @Test(arguments: wrong)
  func `all that is there is taken with one remark and strictly refused`(wrong: Wrong) throws {
    let path = scratch.path("a")
    _ = try write(sound(4000), path, format(wrong.container, SF_FORMAT_PCM_16))
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    let first = data.count - 8000
    for (at, bytes) in wrong.changes {
      data.replaceSubrange((at < 0 ? first + at : at)..<((at < 0 ? first + at : at) + bytes.count), with: bytes)
    }
    try data.write(to: URL(fileURLWithPath: path))
    let (samples, reader) = try read(path)
    #expect(samples == sound(4000) && reader.sampleCount == 4000)
    #expect(reader.remarks.count == 1 && reader.remarks.allSatisfy(\.isDamage), "\(reader.remarks)")
    let error = #expect(throws: AudioFileError.self) { try AudioFileReader(path: path, strict: true) }
    #expect(error.map { "\($0)".contains("--strict") && $0.isInput } == true)
  }

  @Test func `a cut WAV is taken to its end`() throws {
    _ = try write(sound(4000), scratch.path("a.wav"), format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    let data = try Data(contentsOf: scratch.url.appendingPathComponent("a.wav")).dropLast(3001)
    try data.write(to: scratch.url.appendingPathComponent("b.wav"))
    let (samples, reader) = try read(scratch.path("b.wav"))
    #expect(samples == Array(sound(4000).prefix(2499)))
    #expect(reader.remarks.map(\.isDamage) == [true])
  }

  /// A file of unknown sizes whose sound grows to so many bytes; what is not written takes no room on the disk.
  ///
  /// - Parameters:
  ///   - place: of the sound's size, from its first sample.
  ///   - end: its last bytes.
  private func grow(_ path: String, _ container: Int, _ place: Int, to size: Int, end: [UInt8]) throws {
    _ = try write(sound(4), path, format(container, SF_FORMAT_PCM_16))
    let first = try Data(contentsOf: URL(fileURLWithPath: path)).count - 8
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let unknown: [UInt8] = [255, 255, 255, 255]
    for (at, bytes) in [(4, unknown), (first + place, unknown), (first + size - end.count, end)] {
      try file.seek(toOffset: UInt64(at))
      try file.write(contentsOf: Data(bytes))
    }
    try file.close()
  }

  /// All behind 4 GiB was lost, and the remark said that all was taken.
  @Test func `a WAV beyond 4 GiB is taken to its end`() throws {
    let path = scratch.path("a.wav")
    let size = (1 << 32) + (1 << 21)
    try grow(path, SF_FORMAT_WAV, -4, to: size, end: [0, 0x40])
    let reader = try AudioFileReader(path: path)
    #expect(reader.sampleCount == size / 2)
    #expect(reader.remarks.count == 1 && reader.remarks[0].isDamage)
    #expect(reader.remarks.first?.description.contains("\(size) bytes are there, all of which were taken") == true)
    let file = try #require(FileWindow(path: path))
    let opened = try OpenSound(file, try #require(ChunkedFile(file)?.parts.first), path)
    let last = sf_count_t(size / 2 - 1)
    var sample: Float = 0
    #expect(sf_seek(opened.handle, last, SEEK_SET) == last)
    #expect(sf_readf_float(opened.handle, &sample, 1) == 1)
    #expect(sample == 0.5)
    withExtendedLifetime(opened) {}
  }

  @Test func `of an AIFF beyond 4 GiB the remark says how much was taken`() throws {
    let path = scratch.path("a.aiff")
    let size = (1 << 32) + (1 << 21)
    try grow(path, SF_FORMAT_AIFF, -12, to: size, end: [0x40, 0])
    let reader = try AudioFileReader(path: path)
    // The chunk's size counts 8 bytes in front of the samples.
    let taken = 0xFFFF_FFFF - 8
    #expect(reader.sampleCount == taken / 2)
    #expect(reader.remarks.count == 1 && reader.remarks[0].isDamage)
    let words = "\(size) bytes are there, of which the first \(taken) were taken"
    #expect(reader.remarks.first?.description.contains(words) == true, "\(reader.remarks)")
  }

  /// A gigabyte of them took eleven of memory, and minutes.
  @Test func `zeros in place of chunks are not collected without end`() throws {
    let path = scratch.path("a.wav")
    func chunked(_ zeros: Int) throws -> ChunkedFile? {
      var data = Data("RIFF\0\0\0\0WAVE".utf8) + Data(repeating: 0, count: 8 * zeros)
      data += Data("data".utf8) + [4, 0, 0, 0, 1, 2, 3, 4]
      try data.write(to: URL(fileURLWithPath: path))
      return ChunkedFile(try #require(FileWindow(path: path)))
    }
    #expect(try chunked(100) != nil)
    #expect(try chunked((1 << 14) + 1) == nil)
    #expect(throws: AudioFileError.self) { try AudioFileReader(path: path) }
  }

  @Test func `a sound of no length with chunks behind it is empty`() throws {
    let path = scratch.path("a.wav")
    _ = try write([0, 0], path, format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    var data = try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(4)
    data.replaceSubrange((data.count - 4)..<data.count, with: [0, 0, 0, 0])
    data += Data("LIST".utf8) + [14, 0, 0, 0] + Data("INFOISFT".utf8) + [2, 0, 0, 0, 65, 0]
    data.replaceSubrange(4..<8, with: withUnsafeBytes(of: UInt32(data.count - 8).littleEndian) { Data($0) })
    try data.write(to: URL(fileURLWithPath: path))
    #expect(throws: AudioFileError.empty(path: path)) { try AudioFileReader(path: path) }
  }

  @Test func `chunks behind the samples are no sound`() throws {
    let path = scratch.path("a.wav")
    _ = try write(sound(4000), path, format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    data += Data("id3 ".utf8) + [4, 0, 0, 0, 1, 2, 3, 4] + Data("XYZ1".utf8) + [2, 0, 0, 0, 255, 254]
    data.replaceSubrange(4..<8, with: withUnsafeBytes(of: UInt32(data.count - 8).littleEndian) { Data($0) })
    try data.write(to: URL(fileURLWithPath: path))
    let (samples, reader) = try read(path)
    #expect(samples == sound(4000) && reader.remarks == [])
  }
}
