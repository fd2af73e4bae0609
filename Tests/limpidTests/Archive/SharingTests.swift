import AudioFiles
import Foundation
import Testing
import TestSupport

@testable import limpid

/// Several processes on one folder, and processes that end in the middle.
/// limpid enhance --skip-done: shared and interrupted.
@Suite(.serialized) struct SharingTests {
  /// Long enough that two processes meet.
  private func archive(_ count: Int, seconds: Double) throws -> (folder: Folder, names: [String]) {
    let folder = Folder(["--model", identity, "--steps", "8"])
    let names = (0..<count).map { String(format: "f%03d.wav", $0) }
    for name in names { try folder.record(name, seconds: seconds) }
    return (folder, names)
  }

  /// A run whose standard output is a file of its own.
  private func start(_ folder: Folder, _ report: String, _ more: String...) throws -> Process {
    let process = Process()
    process.executableURL = limpid
    process.arguments = folder.arguments + more
    #expect(FileManager.default.createFile(atPath: folder.scratch.path(report), contents: nil))
    process.standardOutput = try FileHandle(forWritingTo: folder.scratch.url.appendingPathComponent(report))
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func outcome(_ folder: Folder, _ process: Process, _ report: String) throws -> Folder.Outcome {
    process.waitUntilExit()
    return try folder.outcome(
      Run(status: process.terminationStatus, output: folder.data(report), errors: ""))
  }

  /// Outputs of one process, without a manifest.
  private func reference(_ folder: Folder) throws -> (String) throws -> Data {
    let result = try run(
      ["enhance", folder.scratch.path("in"), "-o", folder.scratch.path("one"), "-j", "1"] + folder.options)
    #expect(result.status == 0, "\(result.errors)")
    return { try folder.data("one/" + $0) }
  }

  @Test func `of two processes each file is done by exactly one, and both end when all is done`() throws {
    let (folder, names) = try archive(16, seconds: 2)
    let processes = try ["1", "2"].map { try start(folder, $0, "-j", "2") }
    let outcomes = try zip(processes, ["1", "2"]).map { try outcome(folder, $0, $1) }
    for outcome in outcomes {
      #expect(outcome.status == 0)
      #expect(outcome.ways.keys.sorted() == names, "each answers for every file")
      #expect(!outcome.names("enhanced").isEmpty, "both had work")
    }
    let done = outcomes.flatMap { $0.names("enhanced") }
    #expect(done.sorted() == names, "each file once")
    #expect(try folder.made().sorted() == names)
    #expect(try folder.outputs() == names)
    let one = try reference(folder)
    for name in names { #expect(try folder.data("out/" + name) == one(name)) }
  }

  @Test func `what a killed process had is taken over by another that waits for it, and by the next run`() throws {
    let (folder, names) = try archive(6, seconds: 20)
    let first = try start(folder, "1", "-j", "2")
    func temporary() throws -> [String] { try folder.outputs().filter { $0.hasSuffix(".tmp") } }
    try wait("the first to be at work") {
      try FileManager.default.fileExists(atPath: folder.scratch.path("out")) && temporary().count == 2
    }
    let second = try start(folder, "2", "-j", "1")
    try wait("the second to be at work") { try temporary().count == 3 }
    kill(first.processIdentifier, SIGKILL)
    first.waitUntilExit()
    let outcome = try outcome(folder, second, "2")
    #expect(outcome.status == 0 && outcome.ways.keys.sorted() == names)
    // The first has left its halves.
    let left = try folder.outputs().filter { $0.hasSuffix(".tmp") }
    #expect((1...2).contains(left.count), "\(left)")
    let last = try folder.enhance()
    #expect(last.status == 0 && last.names("skipped") == names)
    #expect(try folder.outputs() == names, "leftovers of the dead are gone")
    let one = try reference(folder)
    for name in names { #expect(try folder.data("out/" + name) == one(name)) }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func `a run that is ended in the middle leaves whole outputs alone, and the next finishes the rest`(number: Int32)
    throws
  {
    let (folder, names) = try archive(10, seconds: 8)
    let process = try start(folder, "1", "-j", "2")
    try wait("some to be done") {
      try FileManager.default.fileExists(atPath: folder.manifest) && (folder.made().count >= 3)
    }
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationStatus == (number == SIGKILL ? SIGKILL : 128 + number))
    let one = try reference(folder)
    let done = try folder.outputs().filter { number != SIGKILL || !$0.hasSuffix(".tmp") }
    #expect(done.count >= 2 && done.count < names.count, "\(done)")
    for name in done { #expect(try folder.data("out/" + name) == one(name), "\(name)") }
    #expect(try Set(done).isSubset(of: folder.made()), "there is none that the manifest does not know")

    let next = try folder.enhance()
    #expect(next.status == 0, "\(next.errors)")
    #expect(next.names("skipped") == done && next.ways.keys.sorted() == names)
    #expect(try folder.outputs() == names)
    for name in names { #expect(try folder.data("out/" + name) == one(name), "\(name)") }
  }

  @Test func `a claim is one process's, and one thread's, until it is gone`() throws {
    let scratch = try Scratch()
    let manifest = scratch.path("manifest")
    func claim(_ name: String) throws -> OutputClaim? {
      guard
        case .claimed(let claim) = try OutputClaim.of(
          name, manifest: manifest, waits: false,
          withoutLocks: {
            Issue.record("this file system has no locks")
          })
      else { return nil }
      return claim
    }
    var first = try claim("a.wav")
    #expect(try first != nil && claim("a.wav") == nil && claim("b.wav") != nil)
    first = nil
    #expect(try claim("a.wav") != nil)
    // Composed and decomposed are two names.
    let composed = try claim("caf\u{E9}")
    #expect(try composed != nil && claim("cafe\u{301}") != nil)
  }

  @Test func `lines of many writers at once are whole`() throws {
    let scratch = try Scratch()
    let plan = Plan(
      preset: "live", settings: .init(), model: nil, warmUp: 0, profile: nil, profileToSave: nil)
    let settings = try Fingerprint(plan)
    let content = Array("abc".utf8).withUnsafeBytes { ContentHash(of: $0) }
    // FIPS 180-2, appendix B.1.
    #expect("\(content)" == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(ContentHash("\(content)") == content && ContentHash("ba78") == nil)
    let writers = (0..<4).map { _ in Manifest(folder: scratch.url.path) }
    DispatchQueue.concurrentPerform(iterations: 200) { n in
      let line = OutputLine(
        output: "\(n) \"quoted\\\" \u{1}.wav", outputBytes: 1, outputSHA256: "\(content)",
        input: String(repeating: "x", count: 50 * (n % 100)), inputBytes: 1, inputSHA256: "\(content)",
        settings: "\(settings.hash)", durationInSeconds: 1, made: "", processor: "")
      do { try writers[n % 4].add(line, made: settings) } catch { Issue.record(error) }
    }
    let reader = Manifest(folder: scratch.url.path)
    for n in 0..<200 {
      let entries = try reader.entries(for: "\(n) \"quoted\\\" \u{1}.wav")
      #expect(entries.count == 1 && entries[0].inputName.count == 50 * (n % 100), "\(n)")
    }
    #expect(reader.unreadableLines == 0)
    // A file is hashed as coreutils do.
    let sum = try run(reader.path, program: URL(fileURLWithPath: "/usr/bin/sha256sum")).text.prefix(64)
    #expect("\(try FileContent(path: reader.path).hash)" == sum)
  }
}
