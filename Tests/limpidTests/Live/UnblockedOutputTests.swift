import Foundation
import Testing
import TestSupport

@testable import limpid

/// Writing without waiting for who reads.
@Suite struct UnblockedOutputTests {
  /// Puts numbered texts until some do not go, then reads, and expects each of them whole and in order.
  private func check(_ descriptor: Int32, ends: String, read: () -> String) {
    let output = UnblockedOutput(descriptor)
    var expected = ""
    // The kernel carries what a terminal was given further on a thread of its own: what was held up may go a moment later,
    // though nobody read. Full is what stays held up.
    var isFull = false
    for n in 0..<100_000 where !isFull {
      // Lengths that leave room for a part of a text.
      let text = "\(n)" + String(repeating: "x", count: n % 701)
      #expect(output.put(text + "\n") == 0)
      expected += text + ends
      isFull = output.isHeldUp && output.flush(patience: 20) == ETIMEDOUT
    }
    #expect(isFull && output.isHeldUp, "something that nobody reads is full at some time")
    #expect(output.put("last\n") == 0)
    expected += "last" + ends
    var got = ""
    for _ in 0..<1000 where got.utf8.count < expected.utf8.count {
      got += read()
      output.flush(patience: 0)
    }
    #expect(got == expected)
    #expect(!output.isHeldUp)
    #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK == 0, "what others share stays as it is")
  }

  @Test func `a terminal`() throws {
    let terminal = try PseudoTerminal()
    check(terminal.handle.fileDescriptor, ends: "\r\n") {
      defer { terminal.forget() }
      return terminal.text
    }
  }

  @Test func `a pipe; and where its reader goes that is an error`() throws {
    let pipe = Pipe()
    signal(SIGPIPE, SIG_IGN)
    check(pipe.fileHandleForWriting.fileDescriptor, ends: "\n") {
      String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    }
    try pipe.fileHandleForReading.close()
    let output = UnblockedOutput(pipe.fileHandleForWriting.fileDescriptor)
    #expect(output.put("nobody\n") == EPIPE)
    #expect(!output.isHeldUp)
  }

  @Test func `a file goes on where it was`() throws {
    let scratch = try Scratch()
    let path = try scratch.write(Data(), "file")
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data("before\n".utf8))
    #expect(UnblockedOutput(handle.fileDescriptor).put("after\n") == 0)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "before\nafter\n")
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    #expect(UnblockedOutput(full.fileDescriptor).put("x") == ENOSPC)
  }

  @Test func `what waits is bounded, and texts are dropped whole`() throws {
    let terminal = try PseudoTerminal()
    let output = UnblockedOutput(terminal.handle.fileDescriptor)
    for n in 0..<10_000 { output.put("\(n % 10)" + String(repeating: "\(n % 10)", count: 98) + "\n") }
    var text = ""
    for _ in 0..<1000 where output.isHeldUp {
      text += terminal.text
      terminal.forget()
      output.flush(patience: 0)
    }
    text += terminal.text
    #expect(text.utf8.count < UnblockedOutput.mostUnsent + 131_072)
    let lines = text.components(separatedBy: "\r\n").dropLast()
    #expect(lines.count > 500 && lines.allSatisfy { $0.count == 99 && Set($0).count == 1 })
  }
}
