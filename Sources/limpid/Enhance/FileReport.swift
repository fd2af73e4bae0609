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

  subscript<Value>(dynamicMember path: KeyPath<FileFacts, Value>) -> Value { facts[keyPath: path] }

  func encode(to encoder: any Encoder) throws {
    try facts.encode(to: encoder)
    if let counts { try CounterValues(counts, EnhancementCounts.all).encode(to: encoder) }
  }
}

/// All of a command: the files that were enhanced, and the sentences of those that were not.
struct JSONReport: Encodable {
  struct Refusal: Encodable {
    let input: String
    let error: String
  }

  let files: [FileReport]
  let failures: [Refusal]

  init(_ results: [FileResult]) {
    files = results.compactMap(\.report)
    failures = results.compactMap { result in
      result.failure.map { Refusal(input: result.task.input, error: $0.sentence) }
    }
  }

  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // Names that are not UTF-8 would make it no JSON.
    try putOut(FileName.repaired(String(decoding: try encoder.encode(self), as: UTF8.self)))
  }
}
