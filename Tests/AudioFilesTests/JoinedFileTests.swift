import CSndfile
import Foundation
import TestSupport
import Testing

@testable import AudioFiles

/// Of joined files and chained streams only the first came out, with no error.
@Suite("Sounds in a row")
struct JoinedFileTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// A file of its own for every count.
  private func file(_ count: Int, _ name: String, _ format: AudioFormat) throws -> Data {
    _ = try write(sound(count, channels: format.channelCount), scratch.path(name), format, overwrite: true)
    return try Data(contentsOf: scratch.url.appendingPathComponent(name))
  }

  private func store(_ data: Data, _ name: String) throws -> String {
    try data.write(to: scratch.url.appendingPathComponent(name))
    return scratch.path(name)
  }

  @Test(arguments: [
    ("a.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16), ("a.aiff", SF_FORMAT_AIFF, SF_FORMAT_PCM_16),
    ("a.w64", SF_FORMAT_W64, SF_FORMAT_PCM_16), ("a.au", SF_FORMAT_AU, SF_FORMAT_PCM_16),
    ("a.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_16), ("a.ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS),
    ("a.opus", SF_FORMAT_OGG, SF_FORMAT_OPUS), ("a.mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III),
  ])
  func `all parts of a joined file are read`(name: String, container: Int, encoding: Int) throws {
    let kind = format(container, encoding)
    let first = try file(16_000, "1-" + name, kind)
    let second = try file(9000, "2-" + name, kind)
    let parts = try read(scratch.path("1-" + name)).samples + read(scratch.path("2-" + name)).samples
    let joined = try read(try store(first + second, name))
    #expect(joined.samples.count == 25_000 && joined.samples == parts)
    #expect(joined.reader.sampleCount == 25_000)
    #expect(joined.reader.remarks.map(\.isDamage) == [false])
  }

  @Test(arguments: [
    ("a.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16), ("a.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_16),
    ("a.ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS), ("a.mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III),
  ])
  func `parts of unequal rates or channels are refused`(name: String, container: Int, encoding: Int) throws {
    let first = try file(16_000, "1-" + name, format(container, encoding))
    for other in [format(container, encoding, rate: 22_050), format(container, encoding, channels: 2)] {
      let path = try store(first + file(16_000, "2-" + name, other), name)
      let error = #expect(throws: AudioFileError.self) { try AudioFileReader(path: path) }
      #expect(error.map { "\($0)".contains("16000 Hz") && "\($0)".contains("split it") && $0.isInput } == true)
    }
  }

  /// As radio streams have them.
  @Test func `three links and another stream beside the sound are read`() throws {
    let link = try file(8000, "a.ogg", format(SF_FORMAT_OGG, SF_FORMAT_VORBIS))
    #expect(try read(try store(link + link + link, "b.ogg")).samples.count == 24_000)
    // A stream of no sound, begun before the sound's pages go on: of one page, first and last.
    var page =
      Array("OggS".utf8) + [0, 6] + [UInt8](repeating: 0, count: 8) + [99, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 8]
    page += Array("fishead\0".utf8)
    let sum = OggChecksum().of(page)
    for n in 0..<4 { page[22 + n] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * n)) }
    #expect(try read(try store(Data(page) + link, "c.ogg")).samples.count == 8000)
  }

  @Test func `a damaged or missing Ogg page is an error, not a gap`() throws {
    var random = RepeatableGenerator(state: 1)
    let noise = (0..<320_000).map { _ in Float.random(in: -0.5...0.5, using: &random) }
    _ = try write(noise, scratch.path("a.ogg"), format(SF_FORMAT_OGG, SF_FORMAT_VORBIS))
    let whole = try Data(contentsOf: scratch.url.appendingPathComponent("a.ogg"))
    var damaged = whole
    damaged[whole.count / 2] ^= 0x40
    #expect(throws: AudioFileError.self) { try AudioFileReader(path: try store(damaged, "b.ogg")) }
    let pages = whole.indices.filter { whole[$0...].starts(with: Data("OggS".utf8)) }
    try #require(pages.count > 5)
    let missing = whole[..<pages[3]] + whole[pages[4]...]
    let error = #expect(throws: AudioFileError.self) { try AudioFileReader(path: try store(missing, "c.ogg")) }
    #expect(error.map { "\($0)".contains("is missing") } == true)
  }

  @Test func `frames of FLAC count, not its header`() throws {
    var data = try file(16_000, "a.flac", format(SF_FORMAT_FLAC, SF_FORMAT_PCM_16))
    data[25] -= 1
    let (samples, reader) = try read(try store(data, "b.flac"))
    #expect(samples.count == 16_000 && reader.remarks.map(\.isDamage) == [true])
    for n in 22...25 { data[n] = 0 }  // as an encoder leaves it on a pipe
    let piped = try read(try store(data, "c.flac"))
    #expect(piped.samples.count == 16_000 && piped.reader.sampleCount == nil && piped.reader.remarks == [])
  }

  @Test func `FLAC in Ogg is read to the bit`() throws {
    let data = try file(16_000, "a.flac", format(SF_FORMAT_FLAC, SF_FORMAT_PCM_16))
    let first = SoundOriginal.oggFLAC([UInt8](data))
    let (samples, reader) = try read(try store(Data(first), "a.oga"))
    #expect(samples == sound(16_000) && reader.sampleCount == 16_000)
    let second = SoundOriginal.oggFLAC([UInt8](data), serial: 8)
    #expect(try read(try store(Data(first + second), "b.oga")).samples == sound(16_000) + sound(16_000))
  }

  @Test func `bytes behind the end that are no sound are said`() throws {
    let whole = try file(1000, "a.mp3", format(SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III))
    let joined = whole + Data(repeating: 0x55, count: 3000) + whole
    let reader = try read(try store(joined, "b.mp3")).reader
    #expect(reader.remarks.contains { $0.isDamage && $0.description.contains("3000 bytes") })
    #expect(throws: AudioFileError.self) { try AudioFileReader(path: scratch.path("b.mp3"), strict: true) }
  }
}
