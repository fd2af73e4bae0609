import AudioFiles
import CSndfile
import Foundation
import Testing
import TestSupport

/// Damaged sound files.
@Suite struct DamageTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  func store(_ data: Data, _ name: String) throws -> String {
    try data.write(to: scratch.url.appendingPathComponent(name))
    return scratch.path(name)
  }

  @Test(arguments: [("a.wav", SF_FORMAT_WAV), ("a.aiff", SF_FORMAT_AIFF), ("a.flac", SF_FORMAT_FLAC)])
  func `a file that ends early is an error, not a shorter sound`(name: String, container: Int) throws {
    _ = try write(sound(40_000), scratch.path(name), format(container, SF_FORMAT_PCM_16))
    let whole = try Data(contentsOf: scratch.url.appendingPathComponent(name))
    let path = try store(whole.prefix(whole.count * 2 / 3), "short-" + name)
    let error = #expect(throws: AudioFileError.self) {
      // What is not compressed is taken as far as it goes, with a remark, and refused only strictly.
      _ = try container == SF_FORMAT_FLAC ? read(path).reader : AudioFileReader(path: path, strict: true)
    }
    switch error {
    case .cutShort, .damaged, .notStrict: break
    default: Issue.record("\(String(describing: error))")
    }
  }

  @Test func `a FLAC block that is damaged in the middle is an error, not a silence`() throws {
    _ = try write(sound(80_000), scratch.path("a.flac"), format(SF_FORMAT_FLAC, SF_FORMAT_PCM_16))
    var data = try Data(contentsOf: scratch.url.appendingPathComponent("a.flac"))
    let middle = data.count / 2
    for n in 0..<40 { data[middle + n] ^= 0x5A }
    let path = try store(data, "b.flac")
    #expect(throws: AudioFileError.self) { _ = try read(path, block: 4096) }
  }

  @Test func `a header that was never filled in, as recorders leave it on a pipe, is accepted`() throws {
    _ = try write(sound(1000), scratch.path("a.wav"), format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    var data = try Data(contentsOf: scratch.url.appendingPathComponent("a.wav"))
    let start = try #require(data.firstRange(of: Data("data".utf8))).upperBound
    data.replaceSubrange(start..<(start + 4), with: [255, 255, 255, 255])
    data.replaceSubrange(4..<8, with: [255, 255, 255, 255])
    #expect(try read(try store(data, "b.wav")).samples.count == 1000)
  }

  @Test func `missing files, folders, empty files, other files: a sentence each`() throws {
    let folder = scratch.url.path
    #expect(throws: AudioFileError.missing(path: scratch.path("none"))) {
      try AudioFileReader(path: scratch.path("none"))
    }
    #expect(throws: AudioFileError.notAFile(path: folder)) { try AudioFileReader(path: folder) }
    let empty = try store(Data(), "empty.wav")
    #expect(throws: AudioFileError.empty(path: empty)) { try AudioFileReader(path: empty) }
    let text = try store(Data("no sound at all".utf8), "text.wav")
    let error = #expect(throws: AudioFileError.self) { _ = try AudioFileReader(path: text) }
    #expect(error.map { "\($0)".contains("not a sound file") && $0.isInput } == true)
    let wide = scratch.path("wide.wav")
    _ = try write(sound(10, channels: 33), wide, format(SF_FORMAT_WAV, SF_FORMAT_PCM_16, channels: 33))
    #expect(throws: AudioFileError.self) { try AudioFileReader(path: wide) }
  }

  @Test(arguments: [("a.wav", SF_FORMAT_WAV), ("a.flac", SF_FORMAT_FLAC)])
  func `no mutation of a header traps`(name: String, container: Int) throws {
    _ = try write(sound(500), scratch.path(name), format(container, SF_FORMAT_PCM_16))
    let good = try Data(contentsOf: scratch.url.appendingPathComponent(name))
    var random = SystemRandomNumberGenerator()
    var refused = 0
    for _ in 0..<150 {
      var data = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        data[Int.random(in: 0..<60, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do { _ = try read(try store(data, "mutant")) } catch is AudioFileError { refused += 1 }
    }
    #expect(refused > 0)
  }
}
