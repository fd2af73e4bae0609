import Foundation
import Testing
import TestSupport

/// A `limpid` that runs in the background; it ends with the test. Its settings are kept in the test's folder.
final class LiveProcess {
  private let process = Process()
  private let outputPath: String
  private let errorsPath: String

  /// - Parameters:
  ///   - terminal: what it runs on; nil: standard input is empty, output and errors are kept in files.
  ///   - starter: a program that becomes it, given its path and arguments.
  init(
    _ arguments: [String], _ scratch: Scratch, environment: [String: String] = [:], terminal: FileHandle? = nil,
    starter: String? = nil
  ) throws {
    let stem = UUID().uuidString
    outputPath = try scratch.write(Data(), "logs/\(stem).out")
    errorsPath = try scratch.write(Data(), "logs/\(stem).err")
    process.executableURL = starter.map { URL(fileURLWithPath: $0) } ?? limpid
    process.arguments = (starter == nil ? [] : [limpid.path]) + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": scratch.path("state")]) { $1 }
      .merging(environment) { $1 }
    process.standardInput = terminal ?? FileHandle.nullDevice
    process.standardOutput = terminal ?? FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorsPath)
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  var isRunning: Bool { process.isRunning }
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }
  /// The JSON objects on standard output.
  var reports: [[String: Any]] {
    output.split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }

  /// Sends a signal and waits for the end.
  ///
  /// - Returns: the exit code, or 128 + the signal that ended it.
  func end(_ number: Int32) -> Int32 {
    kill(process.processIdentifier, number)
    return status
  }

  /// As in /proc: "R", "S", "T" for stopped…
  var state: String {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.split(separator: " ").first.map(String.init) ?? ""
  }

  /// Whether it hears a signal itself; until then the signal ends it.
  func catches(_ number: Int32) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    let mask = line.flatMap { UInt64($0.dropFirst(7).drop { $0.isWhitespace }, radix: 16) } ?? 0
    return mask >> UInt64(number - 1) & 1 == 1
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for the end, 30 s.
  var status: Int32 {
    if !eventually({ !process.isRunning }) {
      Issue.record("still running after 30 s: \(errors)")
      kill(process.processIdentifier, SIGKILL)
    }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
  }
}

/// A JACK server of a test's own with the dummy driver, which ends with the test, or with the test's process.
final class DummyServer {
  let name: String
  private let shell = Process()
  private let lifeline = Pipe()
  private let pid: pid_t

  init(_ suffix: String, block: Int = 256) throws {
    name = "limpid-cli-\(getpid())-\(suffix)"
    try #require(
      FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"),
      "there is no /usr/bin/jackd; install the package jackd2, as tools/test does")
    let script = """
      exec 3<&0
      /usr/bin/jackd --no-realtime -n "$1" -d dummy -r 48000 -p "$2" </dev/null >/dev/null 2>&1 &
      server=$!
      (read -r line <&3; kill $server; sleep 5; kill -KILL $server) >/dev/null 2>&1 &
      watchdog=$!
      echo $server
      wait $server
      kill $watchdog 2>/dev/null
      """
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", script, "sh", name, "\(block)"]
    shell.environment = ProcessInfo.processInfo.environment.merging(["JACK_NO_AUDIO_RESERVATION": "1"]) { $1 }
    let answer = Pipe()
    shell.standardInput = lifeline
    shell.standardOutput = answer
    shell.standardError = FileHandle.nullDevice
    // Threads of Swift's pool block signals, children inherit that, and this shell would wait for SIGCHLD for ever.
    var (mask, none) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &mask)
    defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
    try shell.run()
    var line = Data()
    while !line.contains(10), case let more = answer.fileHandleForReading.availableData, !more.isEmpty { line += more }
    pid = try #require(pid_t(String(decoding: line.dropLast(), as: UTF8.self)))
    // ALSA may have a device of the name "jack", too.
    let answers = try eventually {
      let listed = try run("devices", "--json", "--server", name)
      return (try JSONSerialization.jsonObject(with: listed.output) as? [String: Any])?["jack"] != nil
    }
    try #require(
      answers, "the JACK server did not answer; remove /dev/shm/jack-shm-registry and jack_db-* if no JACK server runs")
  }

  /// Lets it hang, or go on: SIGSTOP, SIGCONT.
  func signal(_ number: Int32) { kill(pid, number) }

  func stop() {
    kill(pid, SIGTERM)
    shell.waitUntilExit()
  }

  deinit {
    if shell.isRunning { stop() }
    try? lifeline.fileHandleForWriting.close()
    for file in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? []
    where file.contains("_\(name)_") { unlink("/dev/shm/\(file)") }
  }
}
