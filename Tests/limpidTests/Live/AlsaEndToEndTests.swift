import Foundation
import Testing
import TestSupport

@testable import limpid

/// The built program on ALSA's plugins `file` and `null`, by a configuration of the test's own; and on a file's pace.
/// limpid live and enhance --realtime, from end to end.
@Suite(.serialized) struct AlsaEndToEndTests {
  let scratch: Scratch
  let sound = Wave(rate: 48_000, bits: 32, isFloat: true, samples: Wave.sound(3, rate: 48_000))
  init() throws {
    scratch = try Scratch()
    let text = """
      pcm.null { type null }
      pcm.microphone { type file slave.pcm "null" file "/dev/null" infile "\(scratch.path("in.raw"))" format "raw" }
      pcm.speaker { type file slave.pcm "null" file "\(scratch.path("out.raw"))" format "raw" }
      """
    try scratch.write(Data(text.utf8), "asound.conf")
    try scratch.write(Data(sound.data.dropFirst(44)), "in.raw")
  }

  private func live(_ arguments: String...) throws -> LiveProcess {
    try LiveProcess(
      ["live", "--input", "microphone", "--output", "speaker", "--model", identity] + arguments, scratch,
      environment: ["ALSA_CONFIG_PATH": scratch.path("asound.conf")])
  }

  private var played: [Float] {
    get throws {
      try Data(contentsOf: scratch.url.appendingPathComponent("out.raw")).withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
  }

  /// Where in `output` the piece of `input` at `start` stands, best.
  private func place(of input: [Float], _ start: Int, in output: [Float], within range: Range<Int>) -> Int? {
    let count = 4096
    func product(_ offset: Int) -> Float {
      guard start + offset + count <= output.count else { return -.infinity }
      var sum: Float = 0
      for n in 0..<count { sum += input[start + n] * output[start + offset + n] }
      return sum
    }
    return range.max { product($0) < product($1) }
  }

  @Test
  func `a file that plays the microphone comes out of the loudspeaker in full; the recording plays again to the bit`()
    throws
  {
    let run = try live("--json", "--record", scratch.path("session"), "--fresh")
    let ended = eventually { (try? played.count) ?? 0 >= 3 * 48_000 }
    #expect(ended, "\(run.errors)")
    if run.isRunning { run.signal(SIGTERM) }
    #expect(run.status == 0, "\(run.errors)")
    let last = try #require(run.reports.last, "\(run.errors)")
    #expect(
      last["latency_samples"] as? Int == 1600 && last["dry"] as? Int == 0, "the device waits for the worker: \(last)")
    let replay = try limpidTests.run("replay", scratch.path("session"), "--model", identity)
    #expect(replay.status == 0 && replay.text.contains("the same to the bit"), "\(replay.errors)")
    // It once put the output in the input's place.
    for name in ["input.wav", "output.wav", "session.txt"] {
      let over = try limpidTests.run(
        "replay", scratch.path("session"), "-o", scratch.path("session/" + name), "--force", "--model", identity)
      #expect(over.status == 73 && over.errors.contains("never overwritten"), "\(over.errors)")
    }
    // The recording holds what went in and out of the engine: its latency is the stated one.
    let input = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("session/input.wav"))).samples
    let output = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("session/output.wav"))).samples
    #expect(input.count >= 3 * 48_000 && input.prefix(3 * 48_000).elementsEqual(sound.samples))
    #expect(place(of: input, 60_000, in: output, within: 1500..<1700) == 1600)
    // And all of it was played.
    let heard = try played
    #expect(zip(heard.drop { $0 == 0 }, output.drop { $0 == 0 }).prefix(48_000).allSatisfy { $0 == $1 })
    // What was recorded beyond what is played was passed over.
    let longer = Wave(rate: 48_000, bits: 32, isFloat: true, samples: output + [0])
    try scratch.write(longer.data, "session/output.wav")
    let beyond = try limpidTests.run("replay", scratch.path("session"), "--model", identity)
    #expect(beyond.status == 65 && beyond.errors.contains("the recorded output has"), "\(beyond.errors)")
  }

  /// It ended with 0, and the recording was not there.
  @Test func `a disk that is full ends the recording, and says so in the exit code`() throws {
    let result = try run(
      "-c", "ulimit -f 100; exec \"$0\" live --input microphone --output null --method wiener --record \"$1\"",
      limpid.path, scratch.path("session"), program: URL(fileURLWithPath: "/bin/bash"),
      environment: ["ALSA_CONFIG_PATH": scratch.path("asound.conf"), "XDG_STATE_HOME": scratch.path("state")])
    #expect(result.status == 73 && result.errors.contains("writing failed"), "\(result.errors)")
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path("session"))
    #expect(left.sorted() == ["events.txt", "session.txt"])
  }

  /// Blocks came a hundred times as fast as the device's rate, and the recording ended "since the disk was too slow".
  @Test func `a device without a clock is recorded in full`() throws {
    let process = try live(
      "--input", "null", "--output", "null", "--method", "wiener", "--record", scratch.path("session"), "--json",
      "--interval", "0.1")
    #expect(eventually { process.reports.last?["seconds"] as? Double ?? 0 > 60 }, "\(process.errors)")
    #expect(process.end(SIGTERM) == 0)
    #expect(!process.errors.contains("the recording ends here"), "\(process.errors)")
    let seconds = try #require(process.reports.last?["seconds"] as? Double)
    let recorded = try run("info", scratch.path("session/output.wav")).text
    let length = try #require(
      recorded.split(separator: "\n").first { $0.hasPrefix("length") }?.split(separator: " ")[1])
    #expect(try #require(Double(length)) >= seconds - 0.1)
    let replay = try run("replay", scratch.path("session"))
    #expect(replay.status == 0, "\(replay.errors)")
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `both signals end it well, and what it runs on is said`(number: Int32) throws {
    try scratch.write(Data(), "in.raw")
    let text = try String(contentsOfFile: scratch.path("asound.conf"), encoding: .utf8)
    try scratch.write(Data((text + "\npcm.silence { type null }\n").utf8), "asound.conf")
    let socket = scratch.path("socket")
    let process = try live("--input", "silence", "--output", "silence", "--control", socket)
    #expect(try eventually { try run("ctl", socket, "status").status == 0 }, "\(process.errors)")
    #expect(eventually { process.errors.contains("the devices' buffers add") }, "\(process.errors)")
    #expect(process.end(number) == 0, "\(process.errors)")
    #expect(process.errors.contains(" of sound, late ") && process.output == "")
    #expect(!scratch.names.contains("socket"))
  }

  @Test func `settings are kept for each input device by itself`() throws {
    let text = try String(contentsOfFile: scratch.path("asound.conf"), encoding: .utf8)
    try scratch.write(Data((text + "\npcm.one { type null }\npcm.two { type null }\n").utf8), "asound.conf")
    let socket = scratch.path("socket")
    func mix(_ input: String, set value: String?) throws -> Double? {
      let process = try live("--input", input, "--output", "null", "--control", socket)
      #expect(try eventually { try run("ctl", socket, "status").status == 0 }, "\(process.errors)")
      if let value { try run("ctl", socket, "mix", value) }
      let status = try run("ctl", socket, "status").output
      #expect(process.end(SIGTERM) == 0)
      return (try JSONSerialization.jsonObject(with: status) as? [String: Any])?["mix"] as? Double
    }
    _ = try mix("one", set: "0.5")
    #expect(try mix("two", set: nil) == 1)
    #expect(try mix("one", set: nil) == 0.5)
  }

  @Test
  func `enhance --realtime takes as long as the sound, lines up with its input, and tells what was late`() throws {
    let input = try scratch.write(
      Wave(rate: 48_000, channels: 2, samples: Wave.sound(1, rate: 48_000, channels: 2)).data, "in.wav")
    let began = Date()
    let result = try run("enhance", input, "-o", scratch.path("out.wav"), "--model", identity, "--realtime", "--json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(Date().timeIntervalSince(began) > 0.99)
    let file = try #require(
      ((try JSONSerialization.jsonObject(with: result.output) as? [String: Any])?["files"] as? [[String: Any]])?.first)
    let live = try #require(file["live"] as? [String: Any])
    #expect(file["latencyInSamples"] as? Int == 1600 && live["block"] as? Int == 256 && live["dry"] != nil)
    let out = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("out.wav")))
    let sound = try Wave(Data(contentsOf: URL(fileURLWithPath: input)))
    #expect(out.rate == 48_000 && out.channels == 2 && out.bits == 16 && out.samples.count == sound.samples.count)
    // Spans that came too late are the delayed input, which lines up as well.
    #expect(errorInDecibels(out.samples.dropFirst(4000), sound.samples.dropFirst(4000)) < -13)
  }

  /// The file was read in pieces that were no whole blocks: half of the output was the delayed input.
  @Test func `enhance --realtime gives the worker whole blocks, also of sizes that 4096 is no multiple of`() throws {
    let input = try scratch.write(Wave(rate: 48_000, samples: Wave.sound(1.1, rate: 48_000)).data, "in.wav")
    for block in [8192, 5000] {
      // A block lasts 0.1 s and more, and as long is there for ten frames.
      let result = try run(
        "enhance", input, "-o", scratch.path("\(block).wav"), "--model", identity, "--realtime", "--json", "--period",
        "\(block)")
      let report = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
      let live = try #require((report?["files"] as? [[String: Any]])?.first?["live"] as? [String: Any])
      // One of the six or eleven may be late on a busy machine; it was every second one.
      #expect(try #require(live["dry"] as? Int) <= 1, "\(result.errors)")
      let out = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("\(block).wav")))
      let sound = try Wave(Data(contentsOf: URL(fileURLWithPath: input)))
      #expect(out.samples.count == sound.samples.count)
    }
  }
}
