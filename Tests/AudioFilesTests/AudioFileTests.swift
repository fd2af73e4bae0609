import CSndfile
import Foundation
import Testing
import TestSupport

@testable import AudioFiles

/// Sound files.
@Suite struct AudioFileTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: [
    ("a.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16), ("b.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_24),
    ("c.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_32), ("d.wav", SF_FORMAT_WAV, SF_FORMAT_FLOAT),
    ("e.aiff", SF_FORMAT_AIFF, SF_FORMAT_PCM_16), ("f.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_16),
    ("g.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_24), ("h.rf64", SF_FORMAT_RF64, SF_FORMAT_PCM_16),
    ("i.w64", SF_FORMAT_W64, SF_FORMAT_PCM_24),
  ])
  func `integer and float PCM come back to the bit, in every container`(name: String, container: Int, encoding: Int)
    throws
  {
    for channels in [1, 2, 5] {
      let samples = sound(5000, channels: channels)
      let written = format(container, encoding, rate: 44_100, channels: channels)
      #expect(try write(samples, scratch.path(name), written, overwrite: true) == 0)
      let (back, reader) = try read(scratch.path(name))
      #expect(back == samples)
      #expect(reader.sampleCount == 5000 && reader.format.sampleRate == 44_100)
      let again = try AudioFileWriter.format(forPath: scratch.path(name), like: reader.format)
      #expect(again.code & Int32(SF_FORMAT_SUBMASK) == Int32(encoding), "the encoding is kept")
    }
  }

  @Test(arguments: ["a.ogg", "a.opus", "a.mp3"]) func `lossy containers keep length and sound`(name: String) throws {
    let samples = (0..<48_000).map { Float(0.4 * sin(0.07 * Double($0)) * sin(0.0003 * Double($0))) }
    let wave = format(SF_FORMAT_WAV, SF_FORMAT_PCM_16, rate: 48_000)
    let target = try AudioFileWriter.format(forPath: scratch.path(name), like: wave)
    _ = try write(samples, scratch.path(name), target)
    let (back, _) = try read(scratch.path(name))
    #expect(abs(back.count - samples.count) <= 1152)
    let error = zip(back, samples).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    #expect(error < 0.05 * samples.map { $0 * $0 }.reduce(0, +), "a delay of two samples would be more")
  }

  @Test func `another container takes the input's encoding or the nearest`() throws {
    let encodings: [(Int, String, Int)] = [
      (SF_FORMAT_PCM_24, "x.flac", SF_FORMAT_PCM_24), (SF_FORMAT_FLOAT, "x.flac", SF_FORMAT_PCM_24),
      (SF_FORMAT_PCM_U8, "x.aiff", SF_FORMAT_PCM_U8), (SF_FORMAT_PCM_16, "x.ogg", SF_FORMAT_VORBIS),
      (SF_FORMAT_PCM_16, "x", SF_FORMAT_PCM_16),
    ]
    for (encoding, name, expected) in encodings {
      let target = try AudioFileWriter.format(forPath: scratch.path(name), like: format(SF_FORMAT_WAV, encoding))
      #expect(target.code & Int32(SF_FORMAT_SUBMASK) == Int32(expected), "\(name) from \(encoding)")
    }
    #expect(throws: AudioFileError.unknownExtension(path: "x.xyz", extension: "xyz")) {
      try AudioFileWriter.format(forPath: "x.xyz", like: format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    }
    let error = #expect(throws: AudioFileError.self) {
      try AudioFileWriter.format(forPath: "x.opus", like: format(SF_FORMAT_WAV, SF_FORMAT_PCM_16, rate: 44_100))
    }
    #expect(error.map { "\($0)".contains("44100 Hz") && !$0.isInput } == true)
  }

  @Test func `samples beyond full scale are clipped and counted; full scale itself is not`() throws {
    let samples: [Float] = [1, -1, 1.0001, -1.0001, 2, -7, 0.5, .nan]
    let path = scratch.path("a.wav")
    #expect(try write(samples, path, format(SF_FORMAT_WAV, SF_FORMAT_PCM_16)) == 4)
    #expect(
      try read(path).samples
        == [32_767.0 / 32_768, -1, 32_767.0 / 32_768, -1, 32_767.0 / 32_768, -1, 0.5, 0])
    #expect(try write([2, -3], path, format(SF_FORMAT_WAV, SF_FORMAT_FLOAT), overwrite: true) == 0)
    #expect(try read(path).samples == [2, -3])
  }

  /// libsndfile negates the smallest integer and reads outside its table: full scale became noise.
  @Test(arguments: [SF_FORMAT_ULAW, SF_FORMAT_ALAW])
  func `full scale survives the logarithmic encodings`(encoding: Int) throws {
    let path = scratch.path("a.wav")
    #expect(try write([1, -1, -1.001, 0.5], path, format(SF_FORMAT_WAV, encoding)) == 1)
    let back = try read(path).samples
    for (sample, expected) in zip(back, [1, -1, -1, 0.5] as [Float]) { #expect(abs(sample - expected) < 0.05) }
  }

  @Test func `what is beyond full scale by less than half a step counts on both sides`() throws {
    #expect(
      try write([1.000_001, -1.000_001], scratch.path("a.wav"), format(SF_FORMAT_WAV, SF_FORMAT_PCM_16)) == 2)
  }

  @Test func `tags come along`() throws {
    var tags = AudioTags()
    tags.texts = [Int32(SF_STR_TITLE): "A street", Int32(SF_STR_ARTIST): "Nobody"]
    for (name, container) in [("a.wav", SF_FORMAT_WAV), ("a.flac", SF_FORMAT_FLAC)] {
      _ = try write(sound(100), scratch.path(name), format(container, SF_FORMAT_PCM_16), tags: tags)
      let found = try read(scratch.path(name)).reader.tags
      #expect(found.title == "A street" && found.artist == "Nobody")
    }
  }

  @Test func `the same sound and texts give the same bytes`() throws {
    var tags = AudioTags()
    for key in Int32(SF_STR_TITLE)...Int32(SF_STR_GENRE) where key != Int32(SF_STR_SOFTWARE) {
      tags.texts[key] = "text \(key)"
    }
    for (container, encoding) in [
      (SF_FORMAT_FLAC, SF_FORMAT_PCM_16), (SF_FORMAT_WAV, SF_FORMAT_FLOAT), (SF_FORMAT_AIFF, SF_FORMAT_FLOAT),
    ] {
      _ = try write(sound(100), scratch.path("a"), format(container, encoding), tags: tags, overwrite: true)
      let written = try Data(contentsOf: scratch.url.appendingPathComponent("a"))
      // A version stands before the time of day.
      if let peak = written.firstRange(of: Data("PEAK".utf8))?.lowerBound {
        #expect([UInt8](written[(peak + 12)..<(peak + 16)]) == [0, 0, 0, 0])
      }
      let places = tags.texts.sorted { $0.key < $1.key }.compactMap {
        written.firstRange(of: Data($0.value.utf8))?.lowerBound
      }
      #expect(places.count > 3 && places == places.sorted())
    }
  }

  @Test func `texts that are no UTF-8 are Latin-1`() throws {
    let text: [CChar] = [0x43, 0x61, 0x66, CChar(bitPattern: 0xE9)]
    #expect(AudioTags.text(text) == "Café")
    #expect(AudioTags.text("Café".utf8.map { CChar(bitPattern: $0) }) == "Café")
  }

  @Test func `nothing stands under the final name before finish, and nothing at all after abandon`() throws {
    let path = scratch.path("a.wav")
    let wave = format(SF_FORMAT_WAV, SF_FORMAT_PCM_16)
    let writer = try AudioFileWriter(path: path, format: wave, tags: AudioTags(), overwrite: false)
    #expect(scratch.names.count == 1 && scratch.names != ["a.wav"])
    writer.abandon()
    #expect(scratch.names == [])
    var dropped: AudioFileWriter? = try AudioFileWriter(path: path, format: wave, tags: AudioTags(), overwrite: false)
    #expect(scratch.names.count == 1 && dropped != nil)
    dropped = nil
    #expect(scratch.names == [])
    _ = try write(sound(10), path, wave)
    #expect(scratch.names == ["a.wav"])
    #expect(throws: AudioFileError.exists(path: path)) { try write(sound(10), path, wave) }
  }

  @Test func `the same file is known through links`() throws {
    let path = scratch.path("a.wav")
    _ = try write(sound(10), path, format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    try FileManager.default.createSymbolicLink(atPath: scratch.path("soft"), withDestinationPath: path)
    try FileManager.default.linkItem(atPath: path, toPath: scratch.path("hard"))
    try FileManager.default.copyItem(atPath: path, toPath: scratch.path("copy"))
    #expect(isSameFile(path, scratch.path("soft")) && isSameFile(path, scratch.path("hard")))
    #expect(!isSameFile(path, scratch.path("copy")) && !isSameFile(path, scratch.path("none")))
  }
}
