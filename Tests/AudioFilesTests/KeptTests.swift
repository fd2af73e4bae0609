import CSndfile
import Foundation
import TestSupport
import Testing

@testable import AudioFiles

/// What an output keeps of its input besides the samples.
@Suite("What is kept")
struct KeptTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func bytes(_ name: String) throws -> Data { try Data(contentsOf: scratch.url.appendingPathComponent(name)) }

  /// Reads a file and writes it under another name, as `limpid enhance` does.
  private func copy(_ name: String, _ output: String) throws -> AudioFileWriter {
    let (samples, reader) = try read(scratch.path(name))
    let target = try AudioFileWriter.format(forPath: scratch.path(output), like: reader.format)
    let writer = try AudioFileWriter(path: scratch.path(output), format: target, tags: reader.tags, overwrite: true)
    try samples.withUnsafeBufferPointer { try writer.write($0) }
    try writer.finish()
    return writer
  }

  private func chunk(_ id: String, _ content: Data, isBigEndian: Bool = false) -> Data {
    let size = UInt32(content.count)
    return Data(id.utf8) + withUnsafeBytes(of: isBigEndian ? size.bigEndian : size.littleEndian) { Data($0) } + content
      + Data(repeating: 0, count: content.count % 2)
  }

  /// Chunks of a file by name, with their content.
  private func chunks(_ data: Data, isBigEndian: Bool = false) -> [(String, Data)] {
    var at = 12
    var found: [(String, Data)] = []
    while at + 8 <= data.count {
      let raw = data[(at + 4)..<(at + 8)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let size = Int(isBigEndian ? raw : raw.byteSwapped)
      found.append(
        (String(decoding: data[at..<(at + 4)], as: UTF8.self), Data(data[(at + 8)..<min(data.count, at + 8 + size)])))
      at += 8 + size + size % 2
    }
    #expect(at == data.count)
    return found
  }

  @Test func `chunks of a WAV are kept byte for byte`() throws {
    _ = try write(sound(1000), scratch.path("plain.wav"), format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    let plain = try bytes("plain.wav")
    let front =
      chunk("bext", Data((0..<900).map { UInt8(truncatingIfNeeded: $0 % 90) })) + chunk("iXML", Data("<BWFXML/>".utf8))
    let back =
      chunk(
        "cue ",
        Data([1, 0, 0, 0, 1, 0, 0, 0, 44, 1, 0, 0]) + Data("data".utf8) + Data([0, 0, 0, 0, 0, 0, 0, 0, 44, 1, 0, 0]))
      + chunk("LIST", Data("adtl".utf8) + chunk("labl", Data([1, 0, 0, 0]) + Data("here\0".utf8)))
      + chunk("LIST", Data("INFO".utf8) + chunk("INAM", Data("Quay 7\0".utf8))) + chunk("Odd ", Data([1, 2, 3]))
    let body = Data("WAVE".utf8) + front + plain[12...] + back
    try chunk("RIFF", body).write(to: scratch.url.appendingPathComponent("a.wav"))
    let before = chunks(try bytes("a.wav")).filter { ["bext", "iXML", "cue ", "LIST", "Odd "].contains($0.0) }
    #expect(before.count == 6)
    for name in ["b.wav", "b.rf64"] {
      #expect(try copy("a.wav", name).notKept == [])
      let after = try bytes(name)
      if name == "b.wav" {
        let size = after[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(size == after.count - 8)
      }
      for (id, content) in before {
        #expect(after.firstRange(of: chunk(id, content)) != nil, "\(id) in \(name)")
        if name == "b.wav" { #expect(chunks(after).contains { $0.0 == id && $0.1 == content }, "\(id)") }
      }
      let (samples, reader) = try read(scratch.path(name))
      #expect(samples == sound(1000) && reader.tags.title == "Quay 7" && reader.remarks == [])
    }
    #expect(
      try copy("a.wav", "b.flac").notKept == [
        "broadcast origin (bext)", "iXML", "cue points", "labels (LIST)", "chunk 'Odd '",
      ])
    #expect(try read(scratch.path("b.flac")).reader.tags.title == "Quay 7")
  }

  /// What libsndfile writes of it is shorter than RF64's header: the output began with zeros.
  @Test func `chunks of a WAV of one sample are kept, too`() throws {
    var tags = AudioTags()
    let content = Data("INFO".utf8) + chunk("INAM", Data("Quay7\0".utf8))
    tags.extras = .chunks([AudioTags.TagChunk(id: Array("LIST".utf8), content: Array(content))], isAIFF: false)
    let writer = try AudioFileWriter(
      path: scratch.path("a.wav"), format: format(SF_FORMAT_WAV, SF_FORMAT_PCM_16), tags: tags, overwrite: false,
      expectedSampleCount: 1)
    try [Float(0.25)].withUnsafeBufferPointer { try writer.write($0) }
    try writer.finish()
    let data = try bytes("a.wav")
    #expect(data.starts(with: Data("RIFF".utf8)) && chunks(data).map { $0.0 } == ["LIST", "fmt ", "data"])
    let size = data[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(size == data.count - 8)
    let (samples, reader) = try read(scratch.path("a.wav"))
    #expect(samples == [0.25] && reader.tags.title == "Quay7" && reader.remarks == [])
  }

  /// The mask of an extensible WAV.
  private func loudspeakers(_ name: String) throws -> [UInt8] {
    let data = try bytes(name)
    let place = try #require(data.firstRange(of: Data("fmt ".utf8))).upperBound + 4 + 20
    return Array(data[place..<(place + 4)])
  }

  /// A number of channels has several arrangements, and libsndfile knows one.
  @Test(arguments: [(4, 0x107), (6, 0x60F), (4, 0)])
  func `the loudspeakers of an extensible WAV are kept`(channels: Int, mask: Int) throws {
    let four = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (8 * $0)) }
    let extensible = format(SF_FORMAT_WAVEX, SF_FORMAT_PCM_16, channels: channels)
    _ = try write(sound(100, channels: channels), scratch.path("plain.wav"), extensible)
    #expect(try loudspeakers("plain.wav") != four)
    var data = try bytes("plain.wav")
    let place = try #require(data.firstRange(of: Data("fmt ".utf8))).upperBound + 4 + 20
    data.replaceSubrange(place..<(place + 4), with: four)
    try data.write(to: scratch.url.appendingPathComponent("a.wav"))
    let more = Data(data[8...]) + chunk("iXML", Data("<BWFXML/>".utf8))
    try chunk("RIFF", more).write(to: scratch.url.appendingPathComponent("b.wav"))
    for name in ["a.wav", "b.wav"] {
      for output in ["out-" + name, "out-" + name + ".rf64"] {
        _ = try copy(name, output)
        #expect(try loudspeakers(output) == four, "\(output)")
        #expect(try read(scratch.path(output)).samples == sound(100, channels: channels))
      }
    }
    let tags = try AudioFileReader(path: scratch.path("a.wav")).tags
    let known = try AudioFileWriter(
      path: scratch.path("known.wav"), format: extensible, tags: tags, overwrite: false, expectedSampleCount: 100)
    try sound(100, channels: channels).withUnsafeBufferPointer { try known.write($0) }
    try known.finish()
    #expect(try loudspeakers("known.wav") == four)
    // They are not those of another number of channels.
    let pair = format(SF_FORMAT_WAVEX, SF_FORMAT_PCM_16, channels: 2)
    _ = try write(sound(100, channels: 2), scratch.path("pair.wav"), pair, tags: tags)
    #expect(try loudspeakers("pair.wav") == [3, 0, 0, 0])
  }

  @Test func `markers of an AIFF are kept`() throws {
    _ = try write(sound(1000), scratch.path("plain.aiff"), format(SF_FORMAT_AIFF, SF_FORMAT_PCM_16))
    let marker = chunk("MARK", Data([0, 1, 0, 1, 0, 0, 1, 44, 3]) + Data("mid".utf8), isBigEndian: true)
    let body = Data(try bytes("plain.aiff")[8...]) + marker
    try chunk("FORM", body, isBigEndian: true).write(to: scratch.url.appendingPathComponent("a.aiff"))
    #expect(try copy("a.aiff", "b.aiff").notKept == [])
    #expect(chunks(try bytes("b.aiff"), isBigEndian: true).contains { $0.0 == "MARK" && $0.1 == Data(marker[8...]) })
    #expect(try read(scratch.path("b.aiff")).samples == sound(1000))
  }

  @Test func `pictures and comments of FLAC are kept`() throws {
    _ = try write(sound(1000), scratch.path("plain.flac"), format(SF_FORMAT_FLAC, SF_FORMAT_PCM_16))
    let plain = try bytes("plain.flac")
    let frames = try #require(FLACBoundary(plain))
    let comments = VorbisComments(
      vendor: Array("another encoder".utf8), comments: ["TITLE=Quay", "MOOD=calm", "REEL=7"].map { Array($0.utf8) })
    // Larger than any reserve.
    func number(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    var content = number(3) + number(9) + Array("image/png".utf8) + number(0)
    content += number(8) + number(8) + number(24) + number(0) + number(200_000)
    content += (0..<200_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
    let picture = FLACBlock(type: FLACBlock.picture, content: content)
    var data = Data(plain[..<42])
    data[4] = 0
    data +=
      FLACBlock(type: FLACBlock.comments, content: comments.bytes).bytes(isLast: false) + picture.bytes(isLast: true)
    data += plain[frames.start...]
    try data.write(to: scratch.url.appendingPathComponent("a.flac"))
    let writer = try copy("a.flac", "b.flac")
    #expect(writer.notKept == [])
    let window = try #require(FileWindow(path: scratch.path("b.flac")))
    let kept = try #require(FLACFile(window)).blocks
    #expect(kept.contains(picture))
    let after = try #require(kept.first { $0.type == FLACBlock.comments }.flatMap { VorbisComments($0.content) })
    #expect(after.comments == comments.comments && after.vendor != comments.vendor)
    #expect(try read(scratch.path("b.flac")).samples == sound(1000))
    #expect(try copy("a.flac", "b.ogg").notKept == ["comment MOOD", "comment REEL", "picture"])
    #expect(try read(scratch.path("b.ogg")).reader.tags.title == "Quay")
  }

  private struct FLACBoundary {
    let start: Int
    init?(_ data: Data) {
      var at = 4
      while at + 4 <= data.count {
        let size = data[(at + 1)...(at + 3)].reduce(0) { $0 << 8 | Int($1) }
        let isLast = data[at] & 0x80 != 0
        at += 4 + size
        if isLast {
          start = at
          return
        }
      }
      return nil
    }
  }

  @Test func `tags of MP3 are kept byte for byte`() throws {
    _ = try write(sound(40_000), scratch.path("plain.mp3"), format(SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III))
    func frame(_ id: String, _ content: Data) -> Data {
      Data(id.utf8) + withUnsafeBytes(of: UInt32(content.count).bigEndian) { Data($0) } + [0, 0] + content
    }
    let frames =
      frame("TIT2", Data([0]) + Data("Quay".utf8)) + frame("TXXX", Data([0]) + Data("REEL\u{0}7".utf8))
      + frame("APIC", Data([0]) + Data("image/png\u{0}\u{3}\u{0}".utf8) + Data(repeating: 9, count: 70_000))
    let size = (0..<4).map { UInt8(frames.count >> (21 - 7 * $0) & 0x7F) }
    let front = Data("ID3".utf8) + [3, 0, 0] + size + frames
    var back = Data("TAGQuay".utf8)
    back += Data(repeating: 0, count: 128 - back.count)
    try (front + bytes("plain.mp3") + back).write(to: scratch.url.appendingPathComponent("a.mp3"))
    #expect(try copy("a.mp3", "b.mp3").notKept == [])
    let after = try bytes("b.mp3")
    #expect(after.starts(with: front) && after.suffix(128) == back)
    let (samples, reader) = try read(scratch.path("b.mp3"))
    #expect(samples.count == 40_000 && reader.tags.title == "Quay" && reader.remarks == [])
    #expect(try copy("a.mp3", "b.wav").notKept == ["ID3 TXXX", "picture"])
  }

  /// Each was the encoder's own choice before: an MP3 of 128 kbit/s became 74, an Opus of 24 became 62.
  @Test(arguments: [
    ("a.mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III, 32.0), ("b.mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III, 128),
    ("a.opus", SF_FORMAT_OGG, SF_FORMAT_OPUS, 24), ("b.opus", SF_FORMAT_OGG, SF_FORMAT_OPUS, 96),
    ("a.ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS, 60), ("b.ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS, 128),
  ])
  func `bit rates are near the input's`(name: String, container: Int, encoding: Int, kilobits: Double) throws {
    var random = RepeatableGenerator(state: 3)
    let noise = (0..<480_000).map { n -> Float in
      let loud = sin(0.0001 * Double(n))
      return Float(0.3 * loud * loud) * Float.random(in: -1...1, using: &random)
    }
    var tags = AudioTags()
    tags.kilobits = kilobits
    tags.lossyEncoding = Int32(encoding)
    _ = try write(noise, scratch.path(name), format(container, encoding, rate: 48_000), tags: tags)
    let first = try #require(AudioFileReader(path: scratch.path(name)).tags.kilobits)
    // Opus and Vorbis follow the sound.
    #expect(abs(first / kilobits - 1) < 0.25, "\(first)")
    _ = try copy(name, "again-" + name)
    let sizes = try [bytes(name).count, bytes("again-" + name).count].map(Double.init)
    #expect(abs(sizes[1] / sizes[0] - 1) < 0.15, "\(sizes)")
  }
}
