import Foundation
import TestSupport
import Testing

/// What is read through ffmpeg beyond the kinds that have a mark of their own, and what comes along with it.
@Suite(.enabled(if: StrangeFileTests.ffmpeg != nil, "ffmpeg is not installed")) struct FFmpegFileTests {
  let scratch: Scratch
  let sound = Wave(rate: 48_000, samples: Wave.sound(1, rate: 48_000))
  init() throws {
    scratch = try Scratch()
    try scratch.write(sound.data, "in.wav")
  }

  /// Makes a file of `in.wav`.
  private func make(_ name: String, _ options: String...) throws -> String {
    let made = try run(
      ["-v", "error", "-i", scratch.path("in.wav")] + options + ["-strict", "-2", scratch.path(name)],
      program: URL(fileURLWithPath: StrangeFileTests.ffmpeg!))
    #expect(made.status == 0, "\(made.errors)")
    return scratch.path(name)
  }

  private func enhance(_ arguments: String...) throws -> Run {
    try run(["enhance"] + arguments + ["--model", identity])
  }

  private func sampleCount(_ name: String) throws -> Int {
    try Wave(Data(contentsOf: scratch.url.appendingPathComponent(name))).samples.count
  }

  @Test(arguments: ["a.mp2", "a.ac3", "a.avi", "a.ts"])
  func `kinds that libsndfile does not know are read`(name: String) throws {
    let result = try enhance(try make(name), "-o", scratch.path("out.wav"))
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    #expect(abs(try sampleCount("out.wav") - 48_000) < 4000)
  }

  @Test func `an encoding that libsndfile does not know is read, and MP3 in a WAV`() throws {
    let alac = try enhance(try make("a.caf", "-c:a", "alac"), "-o", scratch.path("alac.wav"))
    #expect(try alac.status == 0 && sampleCount("alac.wav") == 48_000, "\(alac.errors)")
    let mp3 = try enhance(try make("mp3.wav", "-c:a", "libmp3lame"), "-o", scratch.path("out.wav"))
    #expect(mp3.status == 0, "\(mp3.errors)")
    #expect(abs(try sampleCount("out.wav") - 48_000) < 3000)
  }

  @Test func `what is no sound stays refused in libsndfile's words`() throws {
    let text = try scratch.write(Data(repeating: 0x61, count: 5000), "text.wav")
    let result = try enhance(text, "-o", scratch.path("out.wav"))
    #expect(result.status == 65 && result.errors.contains("not a sound file"), "\(result.errors)")
    #expect(!scratch.names.contains("out.wav"))
    // A list of other files is none, whatever its name.
    let list = try scratch.write(Data("ffconcat version 1.0\nfile in.wav\n".utf8), "list.wav")
    #expect(try enhance(list, "-o", scratch.path("out.wav")).status == 65)
  }

  @Test func `title and artist come along, and info says what the file is`() throws {
    let input = try make("a.m4a", "-metadata", "title=Harbour", "-metadata", "artist=Nobody")
    #expect(try enhance(input, "-o", scratch.path("out.flac")).status == 0)
    let out = try run("info", scratch.path("out.flac"))
    #expect(out.text.contains("Harbour") && out.text.contains("Nobody"), "\(out.text)")
    let info = try run("info", input)
    #expect(info.status == 0 && info.text.contains("MP4") && info.text.contains("Harbour"), "\(info.text)")
    #expect(info.text.contains("length") && !info.text.contains("not known") && !info.text.contains("WAV"))
  }

  @Test func `a film whose picture is longer than its sound is whole`() throws {
    let film = try make(
      "film.mp4", "-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=3", "-c:v", "mpeg4", "-c:a", "aac")
    let result = try enhance(film, "-o", scratch.path("out.wav"), "--strict")
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
  }

  @Test func `no WAV gets the name of a film`() throws {
    let input = try make("a.m4a")
    let result = try enhance(input, "-o", scratch.path("b.m4a"))
    #expect(result.status == 73 && result.errors.contains("'m4a' is no kind of sound file that is written"))
    #expect(scratch.names == ["a.m4a", "in.wav"])
  }
}
