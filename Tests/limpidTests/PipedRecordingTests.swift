import Foundation
import TestSupport
import Testing

/// Sound that is recorded as it comes through standard input, and what ends it.
@Suite struct PipedRecordingTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// Starts `limpid enhance - -o take.wav`, and feeds it what a recorder does: a header without a length and a second of sound.
  private func start(_ header: Data) throws -> (process: Process, pipe: Pipe, errors: Pipe, sound: Wave) {
    signal(SIGPIPE, SIG_IGN)
    let process = Process()
    process.executableURL = limpid
    process.arguments = ["enhance", "-", "-o", scratch.path("take.wav"), "--model", identity]
    let (pipe, errors) = (Pipe(), Pipe())
    process.standardInput = pipe
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let sound = Wave(samples: Wave.sound(1))
    try pipe.fileHandleForWriting.write(contentsOf: header + sound.data.dropFirst(44))
    // It has begun when its unfinished output is there.
    #expect(eventually { !scratch.names.isEmpty })
    return (process, pipe, errors, sound)
  }

  private func header(_ size: UInt32) -> Data {
    var header = Data(Wave(samples: []).data)
    for place in [4, 40] {
      header.replaceSubrange(place..<(place + 4), with: withUnsafeBytes(of: size.littleEndian) { Data($0) })
    }
    return header
  }

  @Test(arguments: [SIGINT, SIGTERM], [true, false])
  func `a signal ends a recording, and what had come is kept`(number: Int32, endsAsWell: Bool) throws {
    let (process, pipe, _, sound) = try start(header(0xFFFF_FFFF))
    kill(process.processIdentifier, number)
    // What the recorder still had when the signal reached it, too.
    let rest = Data(sound.data.dropFirst(44).prefix(3200))
    try pipe.fileHandleForWriting.write(contentsOf: rest)
    if endsAsWell { try pipe.fileHandleForWriting.close() }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(scratch.names == ["take.wav"])
    let found = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("take.wav"))).samples
    let wanted = sound.samples + sound.samples.prefix(1600)
    #expect(found.count == wanted.count && errorInDecibels(found, wanted) < -40)
  }

  @Test func `a second signal takes the recording away, as the first does what has a length`() throws {
    let (first, pipe, _, sound) = try start(header(0xFFFF_FFFF))
    // The recorder goes on, so the end is a second away.
    kill(first.processIdentifier, SIGINT)
    try pipe.fileHandleForWriting.write(contentsOf: sound.data.dropFirst(44))
    Thread.sleep(forTimeInterval: 0.1)
    kill(first.processIdentifier, SIGINT)
    first.waitUntilExit()
    #expect(first.terminationStatus == 130 && scratch.names == [])
    let (second, other, _, _) = try start(header(1_000_000))
    kill(second.processIdentifier, SIGINT)
    second.waitUntilExit()
    #expect(second.terminationStatus == 130 && scratch.names == [])
    try? other.fileHandleForWriting.close()
  }
}
