import Foundation
import Testing

/// `limpid live` on ALSA's plugins, with a shim under libasound that gives them a clock and takes them away.
@Suite struct UnplugTests {
  private struct Line: Decodable {
    let seconds: Double
    let latency_samples, xruns, late, dry: Int
  }

  /// Runs until `done` likes what was written to standard error, then ends it with SIGTERM.
  private func live(
    _ arguments: [String], scratch: Scratch, environment: [String: String], until done: (String) -> Bool
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
    for file in [errors, output] { FileManager.default.createFile(atPath: file, contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardOutput = FileHandle(forWritingAtPath: output)
    try process.run()
    let limit = Date().addingTimeInterval(60)
    while process.isRunning, Date() < limit, !done(try String(contentsOfFile: errors, encoding: .utf8)) {
      usleep(50_000)
    }
    process.terminate()
    process.waitUntilExit()
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    return (process.terminationStatus, lines, try String(contentsOfFile: errors, encoding: .utf8))
  }

  @Test func tenTimesUnpluggedItCarriesOnTenTimes() throws {
    let scratch = try Scratch()
    let faults = (1...10).map { "\(60 * $0):19" }.joined(separator: ",")
    let result = try live(
      [], scratch: scratch,
      environment: ["LIMPID_SHIM_FAULTS": faults, "LIMPID_SHIM_ABSENT": "1", "LIMPID_SHIM_SPEED": "4"],
      until: { $0.components(separatedBy: "the device is back").count > 10 })
    #expect(result.status == 0)
    #expect(result.errors.components(separatedBy: "the sound device is gone").count == 11)
    let last = try #require(result.lines.last)
    // Its state goes on: seconds count through all of it, and the latency is what it was.
    #expect(last.seconds > 600.0 * 256 / 48000 * 0.9)
    #expect(Set(result.lines.map(\.latency_samples)) == [1584])
  }

  @Test func interruptionsAreCountedAndSurvived() throws {
    let scratch = try Scratch()
    let result = try live(
      [], scratch: scratch,
      environment: ["LIMPID_SHIM_FAULTS": "30:32,60:32,90:86,120:19", "LIMPID_SHIM_SPEED": "4"],
      until: { $0.contains("the device is back") })
    #expect(result.status == 0)
    #expect(result.lines.last?.xruns == 3, "twice late, once suspended: each interrupts the sound")
  }
}
