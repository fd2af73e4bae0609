import Foundation
import TestSupport
import Testing

@testable import AudioFiles

@Suite("File names are bytes")
struct FileNameTests {
  static let names: [[UInt8]] = [
    Array("plain.wav".utf8), Array("caf\u{E9}.wav".utf8), Array("cafe\u{301}.wav".utf8),
    [0x63, 0xE9, 0x2E, 0x77, 0x61, 0x76],
    [0xFF, 0xFE, 0x80], [0xC3], [0xED, 0xA0, 0x80], Array("\u{10FE41}.wav".utf8), [0xF4, 0x8F, 0xB9], [0xC0, 0xAF], [],
  ]

  @Test func `every name has one text and back`() throws {
    for name in Self.names { #expect(FileName.bytes(FileName.text(name)) == name) }
    var random = RepeatableGenerator(state: 1)
    for _ in 0..<2000 {
      let name = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 1...255, using: &random) }
      #expect(FileName.bytes(FileName.text(name)) == name)
    }
    let texts = Set(Self.names.map { Array(FileName.text($0).utf8) })
    #expect(texts.count == Self.names.count)
    #expect(!FileName.isSame(FileName.text(Self.names[1]), FileName.text(Self.names[2])))
  }

  @Test func `parts of paths are found by their bytes`() {
    // An accent that follows a slash or a dot makes one character with it.
    let odd = "a/\u{301}b.c/x.\u{301}wav"
    #expect(FileName.last(odd).utf8.elementsEqual("x.\u{301}wav".utf8))
    #expect(FileName.folder(odd).utf8.elementsEqual("a/\u{301}b.c".utf8))
    #expect(FileName.withoutSuffix(odd).utf8.elementsEqual("a/\u{301}b.c/x".utf8))
    #expect(FileName.suffix("A/B.WAV") == "wav" && FileName.suffix("a.b/c") == "" && FileName.suffix(".wav") == "")
    #expect(FileName.folder("x") == "." && FileName.folder("/x") == "/" && FileName.last("x") == "x")
  }

  @Test func `files of every name are written, found and read`() throws {
    let scratch = try Scratch()
    let names = Self.names.filter { !$0.isEmpty }
    for name in names {
      let path = scratch.path("") + "/" + FileName.text(name)
      _ = try write(sound(100), path, AudioFormat.floatWAV(sampleRate: 16_000, channelCount: 1))
      #expect(try read(path).samples == sound(100))
    }
    let found = try #require(Files.names(in: scratch.url.path))
    #expect(found.map(FileName.bytes) == names.sorted { $0.lexicographicallyPrecedes($1) })
  }
}
