import Foundation
import Ground
import Testing

@Suite struct PlatformTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ground-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  @Test func `A file is replaced as a whole and read as it is`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("file").path
    try replaceFile(path, with: [1, 2, 3])
    try replaceFile(path, with: [4, 5])
    #expect(try readFile(path, limit: 2) == [4, 5])
    #expect(regularFileSize(path) == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
  }

  /// The temporary name was longer than a name may be.
  @Test func `A name of any length that there can be is written`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in [String(repeating: "n", count: 255), String(repeating: "é", count: 127)] {
      try replaceFile(folder.path + "/" + name, with: [1])
      #expect(try readFile(folder.path + "/" + name, limit: 1) == [1])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
      try FileManager.default.removeItem(atPath: folder.path + "/" + name)
    }
  }

  @Test func `What cannot be read or written is said`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("file").path
    #expect(throws: FileFailure.missing) { try readFile(path, limit: 1) }
    #expect(throws: FileFailure.notRegular) { try readFile(folder.path, limit: 1) }
    #expect(regularFileSize(path) == nil && regularFileSize(folder.path) == nil)
    try replaceFile(path, with: [1, 2])
    #expect(throws: FileFailure.tooLarge(bytes: 2)) { try readFile(path, limit: 1) }
    #expect(throws: FileFailure.refused(reason: systemReason(2))) {
      try replaceFile(folder.path + "/none/file", with: [])
    }
  }

  @Test func `The clock goes on`() {
    let before = monotonicNanoseconds()
    var after = before
    while after == before { after = monotonicNanoseconds() }
    #expect(after > before)
  }

  @Test func `Decibels are amplitudes`() {
    #expect(decibelsToAmplitude(0) == 1 && decibelsToAmplitude(20) == 10)
    #expect(squareRoot(Float(9)) == 3 && squareRoot(9.0) == 3 && logarithm10(Float(100)) == 2)
  }
}
