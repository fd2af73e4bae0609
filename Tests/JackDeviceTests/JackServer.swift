import CJACK
import Foundation
import LiveTestSupport
import Synchronization
import TestSupport

@testable import JackDevice

/// A JACK server of a test's own, with the dummy driver. Its name is unique; it ends with the test, or with the test's
/// process, and leaves nothing in /dev/shm.
final class JackServer {
  private static let count = Atomic(0)
  let name: String
  private var shell: Process?
  private var lifeline: Pipe?
  private var wasKilled = false
  private(set) var pid: pid_t = 0

  /// Starts it and waits until it answers.
  ///
  /// - Parameter priority: real-time priority; nil: ordinary scheduling.
  init(rate: Int = 48_000, block: Int, priority: Int? = nil) throws {
    name = "limpid-\(getpid())-\(Self.count.add(1, ordering: .relaxed).newValue)"
    try start(rate: rate, block: block, priority: priority)
    try waitUntilItAnswers()
  }

  deinit {
    // A killed server keeps its place in JACK's register of eight until one of its name comes and goes.
    if shell == nil, wasKilled, (try? start(rate: 48_000, block: 1024)) != nil { try? waitUntilItAnswers() }
    kill(SIGTERM)
  }

  private func waitUntilItAnswers() throws {
    try wait("the JACK server \(name) to answer") {
      guard shell?.isRunning == true else {
        throw Failure("jackd ended at once; remove /dev/shm/jack-shm-registry and jack_db-* if no JACK server runs")
      }
      var status = JackStatus(rawValue: 0)
      guard let client = limpid_jack_client_open("wait", JackNoStartServer.rawValue, &status, name) else {
        return false
      }
      closeClient(client)
      return true
    }
  }

  /// Starts it; it may take a moment until it answers.
  func start(rate: Int, block: Int, priority: Int? = nil) throws {
    jack_set_error_function { _ in }
    jack_set_info_function { _ in }
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd") else {
      throw Failure("there is no /usr/bin/jackd; install the package jackd2, as tools/test does")
    }
    // The shell reaps the server at once, and a watchdog ends it should this process die.
    let script = """
      exec 3<&0
      /usr/bin/jackd $4 -n "$1" -d dummy -r "$2" -p "$3" </dev/null >/dev/null 2>&1 &
      server=$!
      (read -r line <&3; kill $server; sleep 5; kill -KILL $server) >/dev/null 2>&1 &
      watchdog=$!
      echo $server
      wait $server
      kill $watchdog 2>/dev/null
      """
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    let scheduling = priority.map { "--realtime --realtime-priority \($0)" } ?? "--no-realtime"
    shell.arguments = ["-c", script, "sh", name, "\(rate)", "\(block)", scheduling]
    shell.environment = ProcessInfo.processInfo.environment.merging(["JACK_NO_AUDIO_RESERVATION": "1"]) { $1 }
    let lifeline = Pipe()
    let answer = Pipe()
    shell.standardInput = lifeline
    shell.standardOutput = answer
    shell.standardError = FileHandle.nullDevice
    // Threads of Swift's pool block signals, children inherit that, and this shell would wait for SIGCHLD for ever.
    var mask = sigset_t()
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &mask)
    defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
    try shell.run()
    var line = Data()
    while !line.contains(10), case let more = answer.fileHandleForReading.availableData, !more.isEmpty { line += more }
    guard let pid = pid_t(String(decoding: line.dropLast(), as: UTF8.self)) else {
      throw Failure("jackd did not start")
    }
    self.pid = pid
    self.shell = shell
    self.lifeline = lifeline
  }

  /// Ends it by this signal and waits until it is gone.
  func kill(_ signal: Int32) {
    guard let shell else { return }
    self.shell = nil
    wasKilled = signal == SIGKILL
    _ = Glibc.kill(pid, signal)
    shell.waitUntilExit()
    try? lifeline?.fileHandleForWriting.close()
    for file in (try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? []
    where file.contains("_\(name)_") { unlink("/dev/shm/\(file)") }
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
