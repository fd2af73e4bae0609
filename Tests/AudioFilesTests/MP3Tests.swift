import AudioFiles
import CSndfile
import Foundation
import Testing
import TestSupport

/// libsndfile reads an MP3 as far as its frame count, or a guess, goes: the rest was lost without a word.
/// MP3.
@Suite struct MP3Tests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// Loud and soft by turns, so that a variable bit rate varies.
  private func recording(_ name: String = "whole.mp3", rate: Int = 44_100, channels: Int = 2) throws -> Data {
    var state: UInt32 = 1
    let samples = (0..<(4 * rate * channels)).map { n -> Float in
      state = state &* 1_664_525 &+ 1_013_904_223
      let isLoud = n / channels < 2 * rate
      return (isLoud ? 0.3 : 0.001) * (Float(state >> 8) / 8_388_608 - 1)
    }
    let mp3 = format(SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III, rate: rate, channels: channels)
    _ = try write(samples, scratch.path(name), mp3)
    return try Data(contentsOf: scratch.url.appendingPathComponent(name))
  }

  private func store(_ data: Data, _ name: String) throws -> String {
    try data.write(to: scratch.url.appendingPathComponent(name))
    return scratch.path(name)
  }

  /// Bytes of the first frame, the one that holds the count, in files of 44.1 kHz as libsndfile writes them.
  private func firstFrame(_ data: Data) throws -> Int {
    let second = try #require(data.dropFirst(4).firstRange(of: data.prefix(2)))
    return second.lowerBound
  }

  @Test func `a file that ends within the frame with the count is refused`() throws {
    var frame = Data([0xFF, 0xFB, 0x90, 0xC4]) + Data(repeating: 0, count: 96)
    frame.replaceSubrange(21..<33, with: Data("Info".utf8) + Data([0, 0, 0, 1, 0, 0, 0, 2]))
    let path = try store(frame, "cut.mp3")
    #expect(throws: AudioFileError.self) { try AudioFileReader(path: path) }
  }

  @Test(arguments: [1, 2]) func `a variable bit rate without a frame count is read to its end`(channels: Int) throws {
    let whole = try recording(channels: channels)
    let bare = whole.dropFirst(try firstFrame(whole))
    let (samples, reader) = try read(try store(bare, "bare.mp3"))
    #expect(abs(samples.count / channels - 4 * 44_100) < 3 * 1152)
    #expect(abs(try #require(reader.sampleCount) - samples.count / channels) < 2 * 1152)
    // The same sound as with the count, later by what only the count's frame says is to be left out.
    let reference = try read(scratch.path("whole.mp3")).samples
    let delays = (0..<3000).filter { delay in
      let offset = delay * channels
      return (2000..<2020).allSatisfy { abs(samples[$0 * channels + offset] - reference[$0 * channels]) < 1e-6 }
    }
    let delay = try #require(delays.first) * channels
    let common = min(reference.count, samples.count - delay)
    #expect(common > reference.count - 1152 * channels)
    #expect((0..<common).allSatisfy { abs(samples[$0 + delay] - reference[$0]) < 1e-6 })
  }

  @Test func `tags before a recording without a frame count are kept`() throws {
    let whole = try recording()
    let title = Data("TIT2".utf8) + Data([0, 0, 0, 6, 0, 0, 0]) + Data("Stadt".utf8)
    let tag = Data("ID3".utf8) + Data([3, 0, 0, 0, 0, 0, UInt8(title.count)]) + title
    let (samples, reader) = try read(try store(tag + whole.dropFirst(try firstFrame(whole)), "tagged.mp3"))
    #expect(reader.tags.title == "Stadt")
    #expect(abs(samples.count / 2 - 4 * 44_100) < 3 * 1152)
  }

  @Test func `two recordings in one file are both read`() throws {
    let whole = try recording()
    let (samples, _) = try read(try store(whole + whole, "two.mp3"))
    #expect(abs(samples.count / 2 - 8 * 44_100) < 6 * 1152)
  }

  @Test func `an ID3v1 tag at the end is no sound and no damage`() throws {
    let tag = Data("TAG".utf8) + Data(repeating: 32, count: 125)
    let whole = try recording()
    #expect(try read(try store(whole + tag, "a.mp3")).samples.count == read(scratch.path("whole.mp3")).samples.count)
    let bare = try store(whole.dropFirst(try firstFrame(whole)) + tag, "b.mp3")
    #expect(abs(try read(bare).samples.count / 2 - 4 * 44_100) < 3 * 1152)
  }

  @Test func `a recording with a frame count that ends early is refused`() throws {
    let whole = try recording()
    let path = try store(whole.prefix(whole.count * 2 / 3), "short.mp3")
    let error = #expect(throws: AudioFileError.self) { try AudioFileReader(path: path) }
    guard case .cutShort(_, let promised, let found, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(promised > found && found > 44_100)
  }

  @Test(arguments: [22_050, 16_000, 8_000]) func `other rates: MPEG 2 and 2.5`(rate: Int) throws {
    let whole = try recording(rate: rate, channels: 1)
    let start = try firstFrame(whole)
    let (samples, _) = try read(try store(whole.dropFirst(start), "bare.mp3"))
    #expect(abs(samples.count - 4 * rate) < 4 * 576 + 1152)
  }

  @Test func `no mutation traps`() throws {
    let whole = try recording(rate: 8_000, channels: 1)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<60 {
      var data = whole.dropFirst(Bool.random(using: &random) ? 0 : try firstFrame(whole))
      data = Data(data)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        data[Int.random(in: 0..<min(400, data.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do { _ = try read(try store(data, "mutant.mp3")) } catch is AudioFileError {}
    }
  }
}
