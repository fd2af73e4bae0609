import Foundation
import TestSupport
import Testing

/// Files as strangers have them: joined, damaged, of other kinds, of odd names.
@Suite("limpid enhance: files of strangers")
struct StrangeFileTests {
  let scratch: Scratch
  let sound = Wave(samples: Wave.sound(0.3))
  init() throws { scratch = try Scratch() }

  private func enhance(_ arguments: String..., input: Data? = nil, environment: [String: String] = [:]) throws -> Run {
    try run(["enhance"] + arguments + ["--model", identity], input: input, environment: environment)
  }

  /// Samples of a file under the scratch folder.
  private func samples(_ name: String) throws -> [Float] {
    try Wave(Data(contentsOf: scratch.url.appendingPathComponent(name))).samples
  }

  private func isSound(_ found: [Float], times: Int = 1) -> Bool {
    let wanted = (0..<times).flatMap { _ in sound.samples }
    return found.count == wanted.count && errorInDecibels(found, wanted) < -40
  }

  @Test func `an unfinished header is one line and strictly refused`() throws {
    var data = sound.data
    data.replaceSubrange(40..<44, with: [0, 0, 0, 0])
    let input = try scratch.write(data, "in.wav")
    let lenient = try enhance(input, "-o", scratch.path("out.wav"))
    #expect(lenient.status == 0 && lenient.errors.split(separator: "\n").count == 1, "\(lenient.errors)")
    #expect(lenient.errors.hasPrefix("limpid: warning: ") && lenient.errors.contains("9600 bytes are there"))
    #expect(isSound(try samples("out.wav")))
    let strict = try enhance(input, "-o", scratch.path("strict.wav"), "--strict")
    #expect(strict.status == 65 && strict.errors.split(separator: "\n").count == 1, "\(strict.errors)")
    #expect(scratch.names == ["in.wav", "out.wav"])
  }

  /// libmpg123 prints what it thinks of damaged frames on C's own stream.
  @Test func `a decoder's own words are not printed`() throws {
    let long = try scratch.write(Wave(samples: Wave.sound(2)).data, "long.wav")
    #expect(try enhance(long, "-o", scratch.path("whole.mp3")).status == 0)
    var data = try Data(contentsOf: scratch.url.appendingPathComponent("whole.mp3"))
    for n in stride(from: data.count / 3, to: data.count * 2 / 3, by: 23) where data[n] != 0xFF { data[n] ^= 0x5A }
    let input = try scratch.write(data, "in.mp3")
    let result = try enhance(input, "-o", scratch.path("out.wav"))
    #expect(result.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("limpid: ") }, "\(result.errors)")
  }

  @Test func `joined files come out whole`() throws {
    let input = try scratch.write(sound.data + sound.data, "in.wav")
    let result = try enhance(input, "-o", scratch.path("out.wav"), "-v")
    #expect(result.status == 0 && result.errors.contains("2 sounds in a row"), "\(result.errors)")
    #expect(isSound(try samples("out.wav"), times: 2))
    let mixed = try scratch.write(sound.data + Wave(rate: 8000, samples: Wave.sound(0.3)).data, "mixed.wav")
    let refused = try enhance(mixed, "-o", scratch.path("mixed-out.wav"))
    #expect(refused.status == 65 && refused.errors.contains("8000 Hz"), "\(refused.errors)")
  }

  @Test func `a header on standard input needs no raw`() throws {
    #expect(try enhance("-", "-o", scratch.path("out.wav"), input: sound.data).status == 0)
    #expect(isSound(try samples("out.wav")))
    let piped = try run(
      "-c", "cat \"$1\" | \"$0\" enhance - -o - --model \"$2\" | cat", limpid.path,
      try scratch.write(sound.data, "in.wav"), identity, program: URL(fileURLWithPath: "/bin/bash"))
    #expect(try piped.status == 0 && piped.errors == "" && isSound(Wave(piped.output).samples))
    let raw = try enhance("-", "-o", scratch.path("raw.wav"), input: Data(sound.data.dropFirst(44)))
    #expect(raw.status == 65 && raw.errors.contains("--raw"), "\(raw.errors)")
    #expect(try enhance(scratch.path("in.wav"), "-o", "-").output.starts(with: Data("RIFF".utf8)))
  }

  @Test func `a WAV on standard output that is a file says its length in the end`() throws {
    let bash = URL(fileURLWithPath: "/bin/bash")
    let input = try scratch.write(Wave(bits: 24, samples: Wave.sound(0.3) + [0.25]).data, "in.wav")
    // Through a pipe its header says no length.
    let made = try run(
      "-c",
      "{ head -c 4 \"$1\"; printf '\\xff\\xff\\xff\\xff'; tail -c +9 \"$1\" | head -c 32; printf '\\xff\\xff\\xff\\xff'; tail -c +45 \"$1\"; } "
        + "| \"$0\" enhance - -o - --model \"$2\" > \"$3\"", limpid.path, input, identity, scratch.path("out.wav"),
      program: bash)
    #expect(made.status == 0, "\(made.errors)")
    let out = try Data(contentsOf: scratch.url.appendingPathComponent("out.wav"))
    #expect(out.count == 44 + 3 * 4801 + 1)
    #expect([UInt8](out[40..<44]) == [0x43, 0x38, 0, 0] && [UInt8](out[4..<8]) == [0x68, 0x38, 0, 0])
    // A pipe that knows the length has the padding byte, too.
    let known = try enhance(input, "-o", "-")
    #expect(known.output.count == out.count)
    #expect(try Wave(known.output).samples.count == 4801)
  }

  @Test func `texts before the samples come along through a pipe`() throws {
    let text = Data("INAM".utf8) + Data([6, 0, 0, 0]) + Data("Quay7\0".utf8)
    let list = Data("LIST".utf8) + Data([UInt8(4 + text.count), 0, 0, 0]) + Data("INFO".utf8) + text
    var data = sound.data
    data.insert(contentsOf: list, at: 36)
    let input = try scratch.write(data, "in.wav")
    let piped = try run(
      "-c", "cat \"$1\" | \"$0\" enhance - -o \"$3\" --model \"$2\" && \"$0\" info \"$3\"", limpid.path, input,
      identity,
      scratch.path("out.flac"), program: URL(fileURLWithPath: "/bin/bash"))
    #expect(piped.status == 0 && piped.text.contains("Quay7"), "\(piped.errors)")
  }

  @Test func `a file without an extension is enhanced beside itself`() throws {
    let input = try scratch.write(sound.data, "recording")
    let result = try enhance(input)
    #expect(result.status == 0, "\(result.errors)")
    #expect(scratch.names == ["recording", "recording.clean"])
    #expect(isSound(try samples("recording.clean")))
  }

  @Test func `names and texts do not steer the terminal`() throws {
    let gone = try enhance(scratch.path("a\u{1B}[2J.wav"))
    #expect(gone.status == 66 && !gone.errors.contains("\u{1B}") && gone.errors.contains("\u{FFFD}[2J"))
  }

  @Test func `nothing is kept in the null device`() throws {
    let input = try scratch.write(sound.data, "in.wav")
    for arguments in [["-o", "/dev/null"], ["-o", "/dev/null", "--force"], [input, "-o", "/dev/null"]] {
      let result = try run(["enhance", input] + arguments + ["--method", "wiener", "--json"])
      #expect(
        result.status == 0 && result.errors == "" && result.text.contains("\"samples\" : 4800"), "\(result.errors)")
    }
    #expect(try run("enhance", scratch.url.path, "-o", "/dev/null", "--method", "wiener").status == 0)
    #expect(scratch.names == ["in.wav"])
    for force in [[], ["--force"]] {
      let full = try run(["enhance", input, "-o", "/dev/full", "--method", "wiener"] + force)
      #expect(full.status == 73 && full.errors.contains("not a regular file"), "\(full.errors)")
    }
  }

  @Test func `names are bytes`() throws {
    let names: [[UInt8]] = [
      Array("caf\u{E9}.wav".utf8), Array("cafe\u{301}.wav".utf8), [0x63, 0x61, 0x66, 0xE9, 0x2E, 0x77, 0x61, 0x76],
    ]
    // Foundation cannot make such names.
    let bash = URL(fileURLWithPath: "/bin/bash")
    let input = try scratch.write(sound.data, "x.wav")
    let made = try run(
      "-c",
      "cd \"$1\" && mkdir in && for n in $'caf\\xc3\\xa9' $'cafe\\xcc\\x81' $'caf\\xe9'; do cp x.wav \"in/$n.wav\"; done",
      "", scratch.url.path, program: bash)
    #expect(made.status == 0)
    func list(_ folder: String) throws -> [[UInt8]] {
      try run("-c", "LC_ALL=C ls \"$1\"", "", scratch.path(folder), program: bash).output.split(separator: 10).map {
        Array($0)
      }
    }
    let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
    #expect(try list("in") == sorted)
    let result = try enhance(scratch.path("in"), "-o", scratch.path("out"), "--json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try list("out") == sorted)
    #expect(try JSONSerialization.jsonObject(with: result.output) is [String: Any])
    let single = try run(
      "-c",
      "cd \"$1/in\" && \"$0\" enhance $'caf\\xe9.wav' --method wiener && \"$0\" info $'caf\\xe9.clean.wav' && "
        + "\"$0\" enhance $'no\\xe9.wav' --method wiener", limpid.path, scratch.url.path, program: bash)
    #expect(single.status == 66 && single.text.contains("0.300 s"), "\(single.errors)")
    #expect(try list("in").contains([0x63, 0x61, 0x66, 0xE9] + Array(".clean.wav".utf8)))
    #expect(FileManager.default.fileExists(atPath: input))
  }

  @Test func `a folder says what it leaves out`() throws {
    for name in ["in/a.wav", "in/notes.txt", "in/more/b.pdf", "in/.hidden"] { try scratch.write(sound.data, name) }
    let plain = try enhance(scratch.path("in"), "-o", scratch.path("out"))
    #expect(plain.status == 0 && plain.errors.contains("2 files left out") && !plain.errors.contains("notes.txt"))
    let named = try enhance(scratch.path("in"), "-o", scratch.path("out"), "-f", "-v")
    #expect(named.errors.contains("in/notes.txt: left out") && named.errors.contains("in/more/b.pdf: left out"))
    #expect(named.errors.split(separator: "\n").count == 2, "\(named.errors)")
  }

  static let ffmpeg = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].first(where: FileManager.default.isExecutableFile)

  @Test func `without ffmpeg its kinds are answered with a sentence`() throws {
    let starts: [(String, [UInt8])] = [
      ("a.wv", Array("wvpk".utf8)), ("a.m4a", [0, 0, 0, 32] + Array("ftypM4A ".utf8)),
      ("a.webm", [0x1A, 0x45, 0xDF, 0xA3]),
      ("a.wma", [0x30, 0x26, 0xB2, 0x75]),
    ]
    for (name, start) in starts {
      let input = try scratch.write(Data(start) + Data(repeating: 0, count: 200), "in/" + name)
      let result = try enhance(input, environment: ["PATH": "/nowhere"])
      #expect(result.status == 65 && result.errors.contains("install it"), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    try scratch.write(sound.data, "in/b.wav")
    let folder = try enhance(scratch.path("in"), "-o", scratch.path("out"), environment: ["PATH": "/nowhere"])
    #expect(
      folder.status == 0 && folder.errors.contains("4 files left out, as ffmpeg is not installed"), "\(folder.errors)")
  }

  @Test(.enabled(if: ffmpeg != nil, "ffmpeg is not installed"), arguments: ["wv", "m4a", "mp4", "webm", "wma", "mka"])
  func `other kinds are read through ffmpeg`(kind: String) throws {
    let long = Wave(rate: 48_000, samples: Wave.sound(1, rate: 48_000))
    let input = try scratch.write(long.data, "in.wav")
    let program = URL(fileURLWithPath: Self.ffmpeg!)
    let made = try run("-v", "error", "-i", input, scratch.path("-a." + kind), program: program)
    #expect(made.status == 0, "\(made.errors)")
    let result = try enhance(scratch.path("-a." + kind), "-o", scratch.path("out") + "/")
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    let found = try samples("out/-a.wav")
    #expect(abs(found.count - 48_000) < 3000, "\(found.count)")
    if kind == "wv" { #expect(found.count == 48_000 && errorInDecibels(found, long.samples) < -40) }
    // Cut in the middle: whatever ffmpeg says of it, it is no silent half.
    let whole = try Data(contentsOf: scratch.url.appendingPathComponent("-a." + kind))
    let cut = try scratch.write(Data(whole.prefix(whole.count * 2 / 3)), "cut." + kind)
    let half = try enhance(cut, "-o", scratch.path("cut.flac"))
    #expect(half.status == 65 || half.errors.contains("warning"), "\(half.status) \(half.errors)")
  }

  @Test func `what an output cannot keep is said`() throws {
    let tail = Data("cue ".utf8) + [4, 0, 0, 0, 0, 0, 0, 0]
    var data = sound.data + tail
    data.replaceSubrange(4..<8, with: withUnsafeBytes(of: UInt32(data.count - 8).littleEndian) { Data($0) })
    let input = try scratch.write(data, "in.wav")
    let kept = try enhance(input, "-o", scratch.path("out.wav"), "-v")
    #expect(kept.status == 0 && kept.errors == "", "\(kept.errors)")
    #expect(try Data(contentsOf: scratch.url.appendingPathComponent("out.wav")).firstRange(of: tail) != nil)
    let lost = try enhance(input, "-o", scratch.path("out.flac"), "-v")
    #expect(
      lost.status == 0 && lost.errors.contains("not kept") && lost.errors.contains("cue points"), "\(lost.errors)")
  }
}
