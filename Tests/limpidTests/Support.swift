import Foundation
import Testing

/// One run of the built `limpid`.
struct Run {
  let status: Int32
  let output: Data
  let errors: String
  var text: String { String(decoding: output, as: UTF8.self) }
}

/// The executable that the test's build made, beside the test bundle.
let limpid = Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent("limpid")
/// The checkout's `Tests` folder.
let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
/// A network that gives back what it gets, so that the whole chain can be checked against its input.
let identity = tests.appendingPathComponent("EnhancementTests/Fixtures/identity.safetensors").path
/// A small one with tokens for what is learned.
let learning = tests.appendingPathComponent("EnhancementTests/Fixtures/tiny-learned.safetensors").path

/// Runs `limpid` (or another program) and waits.
@discardableResult
func run(
  _ arguments: String..., input: Data? = nil, program: URL = limpid, environment: [String: String] = [:]
) throws -> Run {
  try run(arguments, input: input, program: program, environment: environment)
}

@discardableResult
func run(
  _ arguments: [String], input: Data? = nil, program: URL = limpid, environment: [String: String] = [:]
) throws -> Run {
  let process = Process()
  process.executableURL = program
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let out = Pipe()
  let errors = Pipe()
  process.standardOutput = out
  process.standardError = errors
  if let input {
    // A file, not a pipe: nothing has to be fed while the output is read.
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("limpid-in-\(UUID().uuidString)")
    try input.write(to: url)
    process.standardInput = try FileHandle(forReadingFrom: url)
    try FileManager.default.removeItem(at: url)
  } else {
    process.standardInput = FileHandle.nullDevice
  }
  try process.run()
  // The programs print little on standard error: its pipe never fills while standard output is read.
  let output = out.fileHandleForReading.readDataToEndOfFile()
  let complaints = errors.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return Run(
    status: process.terminationStatus, output: output, errors: String(decoding: complaints, as: UTF8.self))
}
