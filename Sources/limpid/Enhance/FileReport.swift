import AudioFiles
import Enhancement
import Foundation
import Realtime

/// What `--json` says of one file.
@dynamicMemberLookup
struct FileReport: Sendable, Encodable {
  /// What was counted frame by frame; nil with `--realtime`, where `live` has its own.
  let counts: EnhancementCounts?
  private let facts: FileFacts
  /// The picture of it; nil: none was drawn.
  var figure: String?
  /// Why its noise profile could not be saved; nil: it was, or was not to be. A failure's place is beside the report.
  var profileFailure: Failure?

  init(
    task: FileTask, plan: Plan, format: AudioFormat, sampleCount: Int, latencyInSamples: Int,
    statistics: EnhancementStatistics? = nil, live: LiveStatus? = nil, sink: any AudioSink, remarks: [AudioRemark],
    secondsTaken: Double
  ) {
    counts = statistics?.counts
    facts = FileFacts(
      task: task, plan: plan, format: format, sampleCount: sampleCount, latencyInSamples: latencyInSamples,
      statistics: statistics, live: live, sink: sink, remarks: remarks, secondsTaken: secondsTaken)
  }

  private enum Key: CodingKey { case figure }

  subscript<Value>(dynamicMember path: KeyPath<FileFacts, Value>) -> Value { facts[keyPath: path] }

  func encode(to encoder: any Encoder) throws {
    try facts.encode(to: encoder)
    var object = encoder.container(keyedBy: Key.self)
    try object.encodeIfPresent(figure, forKey: .figure)
    if let counts { try CounterValues(counts, EnhancementCounts.all).encode(to: encoder) }
  }
}

/// All of a command: the files that were enhanced, and the sentences of those that were not.
struct JSONReport: Encodable {
  struct Refusal: Encodable {
    let input: String
    let error: String
  }

  struct Done: Encodable {
    let input: String
    let output: String
    let durationInSeconds: Double
  }

  let files: [FileReport]
  let failures: [Refusal]
  /// What was done before; absent without `--skip-done`.
  let skipped: [Done]?

  init(_ results: [FileResult], skipsDone: Bool) {
    skipped =
      skipsDone
      ? results.compactMap { result in
        result.doneBefore.map { Done(input: result.task.input, output: result.task.output, durationInSeconds: $0) }
      } : nil
    files = results.compactMap(\.report)
    failures = results.compactMap { result in
      result.failure.map { Refusal(input: result.task.input, error: $0.sentence) }
    }
  }

  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try putOutJSON(try encoder.encode(self))
  }
}

/// One file of `--json-lines`, as it ends: what `--json` says of it, beside how it ended.
struct JSONLine: Encodable {
  let result: FileResult

  private enum Key: CodingKey { case status, input, output, durationInSeconds, error, exitCode }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    if let report = result.report {
      try object.encode("enhanced", forKey: .status)
      // It is there, and its noise profile or the picture of it is not.
      if let failure = result.failure {
        try object.encode(failure.sentence, forKey: .error)
        try object.encode(failure.code.rawValue, forKey: .exitCode)
      }
      return try report.encode(to: encoder)
    }
    try object.encode(result.task.input, forKey: .input)
    try object.encode(result.task.output, forKey: .output)
    if let seconds = result.doneBefore {
      try object.encode("skipped", forKey: .status)
      try object.encode(seconds, forKey: .durationInSeconds)
    } else if let failure = result.failure {
      try object.encode("failed", forKey: .status)
      try object.encode(failure.sentence, forKey: .error)
      try object.encode(failure.code.rawValue, forKey: .exitCode)
    }
  }

  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try putOutJSON(try encoder.encode(self))
  }
}
