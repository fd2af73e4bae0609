import Foundation
import Realtime
import TestSupport
import Testing

@testable import limpid

/// What a run tells where there is no terminal.
@Suite struct ReportTests {
  /// A virtual microphone that nobody listened to wrote a line a minute, for ever.
  @Test func `the log has a line where sound has come since the last one, and else none`() throws {
    let scratch = try Scratch()
    let path = try scratch.write(Data(), "log")
    let log = try #require(FileHandle(forWritingAtPath: path))
    let report = Report(interval: 0, isJSON: false, log: log.fileDescriptor)
    var status = LiveStatus.example
    for seconds in [0, 0, 75, 75, 75, 90, 90] {
      status.seconds = Double(seconds)
      #expect(report.tick(status))
    }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 3, "\(lines)")
    for (line, clock) in zip(lines, ["0:00 of sound", "1:15 of sound", "1:30 of sound"]) {
      #expect(line.contains(clock), "\(line)")
    }
  }
}
