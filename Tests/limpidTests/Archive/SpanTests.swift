import Foundation
import Testing
import TestSupport

@testable import limpid

/// A long recording in spans, as tools/archive has it on several machines.
/// limpid enhance --span, --join-spans.
@Suite struct SpanTests {
  private let rate = 16_000
  private let layout = SpanLayout(length: 60)

  @Test func `every sample is in a span, and each span ends a fade and a margin behind its length`() {
    for (seconds, spans) in [(30, 1), (119, 1), (120, 2), (179, 2), (190, 3)] {
      #expect(layout.count(samples: seconds * rate, rate: rate) == spans)
      let ranges = (0..<spans).map { layout.range($0, samples: seconds * rate, rate: rate) }
      #expect(ranges.first!.lowerBound == 0 && ranges.last!.upperBound == seconds * rate)
      for (a, b) in zip(ranges, ranges.dropFirst()) { #expect(a.upperBound == b.lowerBound + 7 * rate) }
    }
    #expect((0..<3).map(layout.firstHeard) == [0, 0, 60])
  }

  /// A file that ended a little too early had a span more by the one count than by the other, and was never joined.
  @Test(arguments: [8_000, 16_000, 22_050, 44_100, 48_000])
  func `there are as many spans as tools archive counts in what info prints`(rate: Int) {
    for less in 0..<60 {
      let samples = 180 * rate - less
      let printed = String(format: "%.3f", Double(samples) / Double(rate))
      let milliseconds = Int(printed.filter { $0 != "." })!
      #expect(layout.count(samples: samples, rate: rate) == milliseconds / 60_000, "\(less) fewer")
    }
    let spans = layout.count(samples: 180 * rate - 1, rate: rate)
    #expect(spans == 3 && layout.range(2, samples: 180 * rate - 1, rate: rate) == (120 * rate)..<(180 * rate - 1))
    #expect(layout.count(samples: 180 * rate - rate / 1000, rate: rate) == 2, "a millisecond is seen")
  }

  /// The second span hears all that was before it, so it is that of the whole to the bit, and so is the fade between equal sounds; the third
  /// has heard 60 s of 120. On the way back the first one's part in the fade has heard less of what follows.
  @Test(arguments: [false, true])
  func `joined spans are the whole, to the bit as far as they have heard all of it, and nearly beyond`(goesBack: Bool)
    throws
  {
    let tiny = tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors")
    let scratch = try Scratch()
    let back = try scratch.write(backwardWeights(Data(contentsOf: tiny)), "backward.safetensors")
    let folder = Folder(["--model", tiny.path] + (goesBack ? ["--backward-model", back] : []))
    // A chunk of somebody's at the end: it is kept.
    var data = Wave(samples: Wave.sound(190)).data
    data.append(Data("iXML".utf8) + Data([4, 0, 0, 0]) + Data("note".utf8))
    data.replaceSubrange(4..<8, with: withUnsafeBytes(of: UInt32(data.count - 8).littleEndian) { Data($0) })
    let input = try folder.scratch.write(data, "in/deep/long.wav")
    let spans = folder.scratch.path("spans")
    func enhance(_ output: String, _ more: String...) throws -> Run {
      try run(
        ["enhance", folder.scratch.path("in"), "-o", output + "/", "--skip-done", "--json-lines"] + folder.options
          + more)
    }
    let early = try enhance(folder.scratch.path("out"), "--span-length", "60", "--join-spans", spans)
    #expect(early.status == 66 && early.errors.contains("spans/0/deep/long.wav: there is no such file"))
    for number in 0..<3 {
      let part = try enhance("\(spans)/\(number)", "--span-length", "60", "--span", "\(number)")
      #expect(part.status == 0, "\(part.errors)")
    }
    let again = try enhance("\(spans)/1", "--span-length", "60", "--span", "1")
    #expect(again.text.contains("\"status\":\"skipped\""))
    let none = try enhance("\(spans)/3", "--span-length", "60", "--span", "3")
    #expect(none.status == 65 && none.errors.contains("has no span 3 of 60 s"), "\(none.errors)")
    let joined = try enhance(folder.scratch.path("out"), "--span-length", "60", "--join-spans", spans)
    #expect(joined.status == 0 && joined.text.contains("\"status\":\"enhanced\""), "\(joined.errors)")
    #expect(try enhance(folder.scratch.path("one")).status == 0)

    let (out, one) = try (folder.data("out/deep/long.wav"), folder.data("one/deep/long.wav"))
    #expect(out.count == one.count && out.range(of: data.suffix(12)) != nil)
    let (a, b) = try (Wave(out).samples, Wave(one).samples)
    #expect(a.count == 190 * rate)
    // The mean of both ways is of frames, the last of which reaches into what follows.
    let reach = goesBack ? rate / 50 : 0
    let equal = [0..<(60 * rate - reach), (61 * rate)..<(120 * rate - reach)]
    for range in equal { #expect(a[range] == b[range]) }
    let fade = (60 * rate - reach)..<(61 * rate)
    if goesBack { #expect(errorInDecibels(a[fade], b[fade]) < -20) } else { #expect(a[fade] == b[fade]) }
    // What the rounding to 16 bits is to sound at −30 dB lies at −70.
    #expect(errorInDecibels(a[(120 * rate)...], b[(120 * rate)...]) < -40)

    // Whole and joined are two things.
    let whole = try enhance(folder.scratch.path("out"))
    #expect(whole.status == 0 && whole.text.contains("\"status\":\"enhanced\""))
    // A span of other settings, or of another recording, is not taken.
    let changed = try enhance(folder.scratch.path("out"), "--span-length", "60", "--join-spans", spans, "--mix", "0.5")
    #expect(
      changed.status == 66 && changed.errors.contains("spans/0/deep/long.wav was made of other content or with other"))
    try folder.scratch.write(Wave(samples: Wave.noise(190)).data, "in/deep/long.wav")
    let content = try enhance(folder.scratch.path("out"), "--span-length", "60", "--join-spans", spans)
    #expect(content.status == 66 && content.errors.contains("spans/0/deep/long.wav was made of other content"))
    try folder.scratch.write(Wave(samples: Wave.sound(185)).data, "in/deep/long.wav")
    let other = try enhance(folder.scratch.path("out"), "--span-length", "60", "--join-spans", spans)
    #expect(other.status == 65 && other.errors.contains("is not span 2 of deep/long.wav"), "\(other.errors)")
    #expect(FileManager.default.fileExists(atPath: input))
  }

  @Test func `wrong use of spans is answered`() throws {
    for arguments in [
      ["--span", "1"], ["--span-length", "60"], ["--span-length", "10", "--span", "0"],
      ["--span-length", "60", "--span", "0", "--join-spans", "x"], ["--span-length", "60", "--span", "-1"],
    ] {
      let result = try run(["enhance", "in", "-o", "out", "--skip-done"] + arguments)
      #expect(result.status == 64 && result.errors.contains("--span"), "\(arguments): \(result.errors)")
    }
  }
}
