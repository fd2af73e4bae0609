import Foundation
import Testing
import TestSupport

@testable import limpid

/// The built program on a terminal.
/// limpid jack on a terminal.
@Suite(.serialized) struct TerminalTests {
  let scratch: Scratch
  let server: DummyServer
  let terminal: PseudoTerminal
  init() throws {
    scratch = try Scratch()
    server = try DummyServer("t")
    terminal = try PseudoTerminal()
  }

  /// Started, and its first lines drawn.
  private func start() throws -> LiveProcess {
    terminal.forget()
    let process = try LiveProcess(
      ["jack", "--server", server.name, "--no-start-server", "--model", identity, "--fresh"], scratch,
      terminal: terminal.handle)
    #expect(terminal.shows("q quit"), "\(process.errors) \(terminal.text)")
    #expect(!terminal.isOrdinary)
    return process
  }

  @Test func `it draws lines that fit, takes keys but no function keys, and follows a change of width`() throws {
    let process = try start()
    #expect(terminal.shows("latency 33.3 ms (1600 samples)"))
    terminal.type("b")
    #expect(terminal.shows("[bypass]"))
    terminal.type("\u{1B}[15~-")
    #expect(terminal.shows("limit 30 dB"))
    #expect(!terminal.text.contains("steps 5"))
    terminal.type("?")
    #expect(terminal.shows("reverse steps per frame"))
    let lines = terminal.text.components(separatedBy: "\u{1B}[K").dropFirst().map {
      $0.prefix { $0 != "\r\n" && $0 != "\r" && $0 != "\u{1B}" }
    }
    #expect(lines.count > 20 && lines.allSatisfy { $0.count <= 80 })
    terminal.resize(columns: 40)
    terminal.forget()
    #expect(terminal.shows("\u{1B}[H\u{1B}[2J"))
    terminal.forget()
    #expect(terminal.shows("[bypass]"))
    let narrow = terminal.text.components(separatedBy: "\u{1B}[K").dropFirst().map {
      $0.prefix { $0 != "\r\n" && $0 != "\r" && $0 != "\u{1B}" }
    }
    #expect(narrow.allSatisfy { $0.count <= 40 })
    terminal.type("q")
    #expect(process.status == 0)
    #expect(terminal.isOrdinary && terminal.text.contains(RawTerminal.showsCursor))
    #expect(process.errors.contains("limpid jack: 0:"), "a summary at the end: \(process.errors)")
  }

  @Test(
    arguments: [(SIGTERM, 0), (SIGINT, 0), (SIGHUP, 0), (SIGQUIT, 0), (SIGSEGV, 139), (SIGILL, 132)]
      as [(Int32, Int32)])
  func `signals end it with the terminal given back; so does a crash`(number: Int32, code: Int32) throws {
    let process = try start()
    #expect(process.end(number) == code, "\(process.errors)")
    #expect(terminal.isOrdinary)
    #expect(terminal.text.hasSuffix(RawTerminal.showsCursor) || terminal.text.contains(RawTerminal.showsCursor + "\r"))
  }

  @Test func `under nohup the terminal's end is not the program's`() throws {
    let process = try LiveProcess(
      ["jack", "--server", server.name, "--no-start-server", "--model", identity, "--fresh", "--interval", "0.1"],
      scratch, starter: "/usr/bin/nohup")
    #expect(eventually { process.errors.contains("of sound") })
    #expect(process.catches(SIGTERM) && !process.catches(SIGHUP))
    process.signal(SIGHUP)
    usleep(300_000)
    #expect(process.isRunning)
    #expect(process.end(SIGTERM) == 0)
  }

  @Test func `a terminal that cannot move its cursor gets lines of a log, and no keys are taken`() throws {
    let process = try LiveProcess(
      ["jack", "--server", server.name, "--no-start-server", "--model", identity, "--fresh", "--interval", "0.1"],
      scratch, environment: ["TERM": "dumb"], terminal: terminal.handle)
    #expect(eventually { process.errors.contains("of sound") })
    #expect(terminal.isOrdinary && terminal.text == "")
    #expect(process.end(SIGINT) == 0)
  }

  @Test func `Ctrl-Z gives the terminal back and stops it; fg takes it again`() throws {
    let process = try start()
    process.signal(SIGTSTP)
    #expect(eventually { process.state == "T" })
    #expect(terminal.isOrdinary)
    terminal.forget()
    process.signal(SIGCONT)
    #expect(terminal.shows("latency"))
    #expect(!terminal.isOrdinary)
    terminal.type("q")
    #expect(process.status == 0)
    #expect(terminal.isOrdinary)
  }

  /// The write of a drawing waited for a reader that did not come, and no key was heard any more.
  @Test func `a terminal that nobody reads holds up no key`() throws {
    let process = try start()
    terminal.holdUp()
    // Some drawings: the first ones fit.
    usleep(2_000_000)
    terminal.type("q")
    #expect(process.status == 0)
  }
}
