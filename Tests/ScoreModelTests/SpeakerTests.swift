import Foundation
import KernelLevels
import NeuralLayers
import ScoreModel
import Testing
import TestSupport

/// The speaker network, frame by frame, against PyTorch on the whole.
@Suite struct SpeakerTests {
  private static let tolerance = -100.0
  private static let bins = 160

  private func embed(_ embedder: inout SpeakerEmbedder, _ rows: ArraySlice<Float>) -> (
    embedding: [Float], isVoice: Bool
  ) {
    var embedding = [Float](repeating: .nan, count: embedder.count)
    embedder.begin()
    Array(rows).withUnsafeBufferPointer { rows in
      for start in stride(from: 0, to: rows.count, by: Self.bins) { embedder.add(rows.baseAddress! + start) }
    }
    let isVoice = embedder.finish(into: &embedding)
    return (embedding, isVoice)
  }

  @Test func `embeddings and activity equal PyTorch's`() throws {
    try atEveryKernelLevel {
      let golden = try Fixtures.golden("speaker")
      let weights = try Fixtures.weights("tiny-speaker")
      var embedder = SpeakerEmbedder(weights)!
      let learned = golden.values("learned")
      let one = embed(&embedder, learned[..<(learned.count / 2)])
      let other = embed(&embedder, learned[(learned.count / 2)...])
      let error = errorInDecibels(one.embedding + other.embedding, golden.values("embeddings"))
      #expect(error < Self.tolerance, "embeddings: \(error) dB")
      #expect([one.isVoice, other.isVoice] == golden.values("voices").map { $0 > 0 })
      // The instance forgets.
      #expect(embed(&embedder, learned[..<(learned.count / 2)]).embedding == one.embedding)

      var activity = SpeakerActivity(weights)!
      activity.listen(for: one.embedding + other.embedding, count: 2)
      for round in 0..<2 {
        var logits: [Float] = []
        golden.values("stream").withUnsafeBufferPointer { rows in
          for start in stride(from: 0, to: rows.count, by: Self.bins) {
            if let logit = activity.push(rows.baseAddress! + start) { logits.append(logit) }
          }
        }
        let error = errorInDecibels(logits, golden.values("logits"))
        #expect(error < Self.tolerance, "activity, round \(round): \(error) dB")
        activity.reset()
      }
    }
  }

  @Test func `without voices nothing is said, and too little is no voice`() throws {
    let weights = try Fixtures.weights("tiny-speaker")
    var activity = SpeakerActivity(weights)!
    let row = [Float](repeating: 0.2, count: Self.bins)
    for _ in 0..<12 {
      let logit = activity.push(row)
      #expect(logit == nil)
    }
    var embedder = SpeakerEmbedder(weights)!
    let nothing = embed(&embedder, row[...])
    #expect(!nothing.isVoice && nothing.embedding.allSatisfy { $0 == 0 })
    let without = try Fixtures.weights("tiny-sequence")
    let (hasActivity, hasEmbedder) = (SpeakerActivity(without) != nil, SpeakerEmbedder(without) != nil)
    #expect(!hasActivity && !hasEmbedder)
  }

  @Test func `parameters are counted as the training program does`() throws {
    let weights = try Fixtures.weights("tiny-speaker")
    #expect(weights.parameterCount == weights.metadata.first { $0.key == "parameters" }?.value.integer)
  }

  /// Sizes that do not fit the tensors, or that nothing can have.
  @Test(arguments: [
    (#""width": 11"#, #""width": 12"#), (#""width": 11"#, #""width": 0"#), (#""slots": 3"#, #""slots": "x""#),
    (#""stride": 3"#, #""strode": 3"#), (#""bins": 160, "stride""#, #""bins": 80, "stride""#),
    (#"{"format": 1, "bins": 160, "stride""#, #"{"format": 2, "bins": 160, "stride""#),
  ])
  func `a speaker network that cannot be is refused`(change: (String, String)) throws {
    let path = Fixtures.path("tiny-speaker")
    var bytes = try Data(contentsOf: URL(filePath: path))
    let quote = { (text: String) in Data(text.replacing("\"", with: "\\\"").utf8) }
    let place = try #require(bytes.range(of: quote(change.0)))
    let new = quote(change.1)
    bytes.replaceSubrange(place, with: new)
    // The header keeps its length where the change has another one.
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } + new.count - place.count
    for n in 0..<8 { bytes[n] = UInt8(truncatingIfNeeded: length >> (8 * n)) }
    let changed = FileManager.default.temporaryDirectory.appending(path: "limpid-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: changed) }
    try bytes.write(to: changed)
    #expect(throws: ModelFileError.self) { try ScoreModelWeights(path: changed.path) }
  }
}
