import Foundation
import Testing
import TestSupport

/// `limpid live` on ALSA's plugins, with a shim under libasound that gives them a clock and takes them away.
@Suite struct UnplugTests {
  private struct Line: Decodable {
    let seconds: Double
    let latency_samples, xruns, late, dry: Int
    let clock_drift_ppm: Double?
  }

  /// Runs until `done` likes what was written to standard error and output, then ends it with SIGTERM; it must not have ended
  /// by itself.
  private func live(
    _ arguments: [String], scratch: Scratch, environment: [String: String], until done: (String, [Line]) -> Bool
  ) throws -> (status: Int32, lines: [Line], errors: String) {
    let shim = scratch.path("shim.so")
    let source = tests.appendingPathComponent("limpidTests/Fixtures/alsa_shim.c").path
    let compiled = try run("-shared", "-fPIC", "-O1", source, "-o", shim, program: URL(fileURLWithPath: "/usr/bin/cc"))
    try #require(compiled.status == 0, "\(compiled.errors)")
    try scratch.write(
      Data(
        """
        pcm.null { type null }
        pcm.microphone { type null }
        pcm.speaker { type null }
        """.utf8), "asound.conf")
    let process = Process()
    process.executableURL = limpid
    process.arguments =
      ["live", "--input", "microphone", "--output", "speaker", "--model", identity, "--json", "--interval", "0.2"]
      + arguments
    process.environment = ProcessInfo.processInfo.environment.merging([
      "LD_PRELOAD": shim, "ALSA_CONFIG_PATH": scratch.path("asound.conf"), "XDG_STATE_HOME": scratch.path("state"),
    ]) { $1 }.merging(environment) { $1 }
    let errors = scratch.path("errors")
    let output = scratch.path("output")
    for file in [errors, output] { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardOutput = FileHandle(forWritingAtPath: output)
    try process.run()
    func lines() throws -> [Line] {
      // The last may be half written.
      try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").compactMap {
        try? JSONDecoder().decode(Line.self, from: Data($0.utf8))
      }
    }
    let limit = Date().addingTimeInterval(60)
    while process.isRunning, Date() < limit, !done(try String(contentsOfFile: errors, encoding: .utf8), try lines()) {
      usleep(50_000)
    }
    let endedByItself = !process.isRunning
    #expect(!endedByItself)
    process.terminate()
    process.waitUntilExit()
    return (process.terminationStatus, try lines(), try String(contentsOfFile: errors, encoding: .utf8))
  }

  @Test func `ten times unplugged it carries on ten times`() throws {
    let scratch = try Scratch()
    let faults = (1...10).map { "\(60 * $0):19" }.joined(separator: ",")
    let result = try live(
      [], scratch: scratch,
      environment: ["LIMPID_SHIM_FAULTS": faults, "LIMPID_SHIM_ABSENT": "1", "LIMPID_SHIM_SPEED": "4"],
      until: { errors, _ in errors.components(separatedBy: "the device is back").count > 10 })
    #expect(result.status == 0)
    #expect(result.errors.components(separatedBy: "the sound device is gone").count == 11)
    let last = try #require(result.lines.last)
    // Its state goes on: seconds count through all of it, and the latency is what it was.
    #expect(last.seconds > 600.0 * 256 / 48000 * 0.9)
    #expect(Set(result.lines.map(\.latency_samples)) == [1600])
  }

  @Test func `interruptions are counted and survived`() throws {
    let scratch = try Scratch()
    let result = try live(
      [], scratch: scratch,
      environment: ["LIMPID_SHIM_FAULTS": "30:32,60:32,90:86,120:19", "LIMPID_SHIM_SPEED": "4"],
      until: { errors, _ in errors.contains("the device is back") })
    #expect(result.status == 0)
    #expect(result.lines.last?.xruns == 3, "twice late, once suspended: each interrupts the sound")
  }

  // MARK: - With clocks of their own

  /// A microphone 100 ppm fast into a loudspeaker 100 ppm slow, with an xrun and a suspend on the way.
  @Test func `two clocks are followed through interruptions`() throws {
    let scratch = try Scratch()
    let result = try live(
      [], scratch: scratch, environment: ["LIMPID_SHIM_PPM": "100:-100", "LIMPID_SHIM_FAULTS": "500:32,800:86"],
      until: { _, lines in
        guard let last = lines.last, let drift = last.clock_drift_ppm else { return false }
        return last.seconds > 6 && abs(drift + 200) < 20
      })
    #expect(result.status == 0)
    let last = try #require(result.lines.last)
    #expect(abs(try #require(last.clock_drift_ppm) + 200) < 20, "\(result.errors)")
    #expect(last.xruns >= 2)
    #expect(Set(result.lines.map(\.latency_samples)) == [1600])
  }

  /// A device that gave less than it said to have was taken for a file that had ended, and so the run ended.
  @Test func `a device that gives a block in two parts is no file that has ended`() throws {
    let scratch = try Scratch()
    let result = try live(
      [], scratch: scratch, environment: ["LIMPID_SHIM_PPM": "0:0", "LIMPID_SHIM_FAULTS": "40:0,50:0,60:0"],
      until: { _, lines in lines.last?.seconds ?? 0 > 1 })
    #expect(result.status == 0)
    #expect(!result.errors.contains("waiting for it"), "\(result.errors)")
  }

  @Test func `a device that hangs is opened anew`() throws {
    let scratch = try Scratch()
    let result = try live(
      [], scratch: scratch, environment: ["LIMPID_SHIM_PPM": "0:0", "LIMPID_SHIM_FAULTS": "40:11"],
      until: { errors, _ in errors.contains("the device is back") })
    #expect(result.status == 0)
    #expect(result.errors.contains("the sound device gives no samples; waiting for it to come back"))
    #expect(Set(result.lines.map(\.latency_samples)) == [1600])
  }
}
