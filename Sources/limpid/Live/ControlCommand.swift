import ArgumentParser
import Foundation
import Live

/// `limpid ctl`: commands to a running `limpid live` or `limpid jack`.
struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Sends a command to a running limpid live or limpid jack.",
    discussion: """
      Commands: \(LiveCommand.allForms), status, quit. Without a command, lines are read from standard input.

        limpid ctl /run/user/1000/limpid bypass on
        limpid ctl /run/user/1000/limpid limit 12
        limpid ctl /run/user/1000/limpid status
      """)

  @Argument(help: "The socket that was named with --control.", completion: .file())
  var socket: String

  @Argument(parsing: .captureForPassthrough, help: "The command.")
  var command: [String] = []

  func run() throws {
    Interruption.prepare()
    do {
      let descriptor = try connectToSocket(socket)
      defer { close(descriptor) }
      var timeout = timeval(tv_sec: 5, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
      if command.isEmpty {
        while let line = readLine() { try exchange(line, descriptor) }
      } else {
        try exchange(command.joined(separator: " "), descriptor)
      }
    } catch { throw Failure(error).end() }
  }

  private func exchange(_ line: String, _ descriptor: Int32) throws {
    let bytes = Array((line + "\n").utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      throw Failure(.inputOutput, "\(socket): limpid has closed the connection")
    }
    var answer: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != 10 { answer.append(byte) }
    let text = String(decoding: answer, as: UTF8.self)
    if text.isEmpty { throw Failure(.inputOutput, "\(socket): limpid does not answer") }
    if text.hasPrefix("error: ") { throw Failure(.usage, String(text.dropFirst(7))) }
    print(text)
  }
}
