import ScoreModel
import Testing
import TestSupport

/// Two networks as one: the mean of their estimates, tokens apart, and changes of who is heard.
@Suite struct NetworkPairTests {
  private let first: ScoreModelWeights
  private let second: ScoreModelWeights
  private let x: [Float]
  private let y: [Float]
  private let tokens: [Float]
  private let count = 320
  private let frames = 60

  init() throws {
    first = try Fixtures.weights("tiny-sequence")
    second = try Fixtures.weights("tiny-global")
    x = counted(11, frames * count).map { $0 * 0.3 }
    y = counted(12, frames * count).map { $0 * 0.3 }
    tokens = counted(13, Self.tokenCount(first) + Self.tokenCount(second))
  }

  private static func tokenCount(_ weights: ScoreModelWeights) -> Int {
    weights.configuration.tokenCount * weights.configuration.tokenDimension
  }

  private func pair(_ weights: [ScoreModelWeights], batch: Int = 1) -> NetworkPair {
    var pair = NetworkPair(weights: weights, times: [1], batch: batch)
    tokens.withUnsafeBufferPointer { pair.setTokens($0.baseAddress!) }
    return pair
  }

  /// What a network says by itself, with its own part of the tokens: (batch, frames, bins, 2).
  private func alone(_ weights: ScoreModelWeights, tokens: ArraySlice<Float>, batch: Int = 1) -> [[Float]] {
    var network = ScoreNetwork(weights: weights, times: [1], batch: batch)
    network.setTokens(Array(tokens))
    return run(&network, batch: batch, x: x, y: y)
  }
  private func firstAlone(batch: Int = 1) -> [[Float]] {
    alone(first, tokens: tokens[..<Self.tokenCount(first)], batch: batch)
  }
  private func secondAlone(batch: Int = 1) -> [[Float]] {
    alone(second, tokens: tokens[Self.tokenCount(first)...], batch: batch)
  }

  /// Frame by frame, as an enhancer runs it; `before` may change who is heard.
  private func play(
    _ pair: inout NetworkPair, batch: Int = 1, before: (Int, inout NetworkPair) -> Void = { _, _ in }
  ) -> [[Float]] {
    var result = [[Float]](repeating: [], count: batch)
    var output = [Float](repeating: .nan, count: batch * count)
    for frame in 0..<frames {
      before(frame, &pair)
      pair.beginFrame()
      x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { y in
          pair.predict(
            slot: 0, batch: batch, state: x.baseAddress! + frame * count, noisy: y.baseAddress! + frame * count,
            into: &output)
        }
      }
      for item in 0..<batch { result[item] += output[(item * count)..<((item + 1) * count)] }
    }
    return result
  }

  /// One frame.
  private func frame(_ n: Int, _ values: [Float]) -> ArraySlice<Float> { values[n * count..<(n + 1) * count] }

  @Test(arguments: [1, 2]) func `what is heard of two networks is their mean, each with its own tokens`(batch: Int) {
    var both = pair([first, second], batch: batch)
    let mean = play(&both, batch: batch)
    let (a, b) = (firstAlone(batch: batch), secondAlone(batch: batch))
    for item in 0..<batch {
      #expect(a[item] != b[item])
      let expected = zip(a[item], b[item]).map { ($0 + $1) / 2 }
      #expect(errorInDecibels(mean[item], expected) < -120)
    }
  }

  @Test func `one network is itself to the bit, whatever is chosen`() {
    for choice in [NetworkChoice.both, .first, .second] {
      var one = pair([first])
      one.use(choice)
      #expect(play(&one) == firstAlone())
    }
  }

  @Test func `one that is chosen from the start is itself to the bit`() {
    for (choice, expected) in [(NetworkChoice.first, firstAlone()), (.second, secondAlone())] {
      var two = pair([first, second])
      two.use(choice)
      #expect(play(&two) == expected)
      // A reset is a start.
      two.use(.both)
      two.reset()
      two.use(choice)
      #expect(play(&two) == expected)
    }
  }

  @Test func `one that goes is faded out, and what stays is itself to the bit`() {
    var two = pair([first, second])
    let heard = play(&two) { frame, pair in if frame == 20 { pair.use(.first) } }[0]
    let (a, b) = (firstAlone()[0], secondAlone()[0])
    var shares: [Float] = []
    for n in 15..<35 {
      // The share of the second, where the two differ most.
      let at = (n * count..<(n + 1) * count).max { abs(a[$0] - b[$0]) < abs(a[$1] - b[$1]) }!
      shares.append((heard[at] - a[at]) / (b[at] - a[at]))
    }
    #expect(shares[..<5].allSatisfy { abs($0 - 0.5) < 1e-3 })
    #expect(zip(shares[4...], shares[5...]).allSatisfy { $0 - $1 < 0.11 && $0 - $1 > -1e-3 }, "\(shares)")
    #expect(frame(40, heard) == frame(40, a))
  }

  @Test func `one that comes runs unheard first, then is faded in`() {
    var two = pair([first, second])
    let heard = play(&two) { frame, pair in
      if frame == 0 { pair.use(.first) }
      if frame == 20 { pair.use(.both) }
    }[0]
    let a = firstAlone()[0]
    let unheard = 20 + NetworkPair.warmUpFrames
    for n in 0..<unheard { #expect(frame(n, heard) == frame(n, a)) }
    for n in unheard..<frames { #expect(frame(n, heard) != frame(n, a)) }
    // With the state that it had: of no frame here, so what it says is that of a stream that began when it came.
    var late = ScoreNetwork(weights: second, times: [1], batch: 1)
    late.setTokens(Array(tokens[Self.tokenCount(first)...]))
    let b = run(&late, x: x, y: y, frames: 20..<frames)[0]
    let faded = (unheard + NetworkPair.fadeFrames) * count
    let expected = zip(a[faded...], b[(faded - 20 * count)...]).map { ($0 + $1) / 2 }
    #expect(errorInDecibels(Array(heard[faded...]), expected) < -120)
  }

  @Test func `an encoder of two gives the tokens of both, at once or part by part`() {
    let magnitudes = countedMagnitudes(5, frames: 100, bins: 160)
    func tokens(_ encoder: any NoiseEncoder, parts: Int) -> [Float] {
      var tokens = [Float](repeating: .nan, count: encoder.tokenFloatCount)
      for part in 0..<parts {
        magnitudes.withUnsafeBufferPointer {
          encoder.encode(part: part, of: parts, $0.baseAddress!, frameCount: 100, into: &tokens)
        }
      }
      return tokens
    }
    let both = ScoreModelWeights.makeNoiseEncoder(of: [first, second], maximumFrameCount: 200)
    let expected = [first, second].flatMap { tokens($0.makeNoiseEncoder(maximumFrameCount: 200), parts: 1) }
    #expect(tokens(both, parts: 1) == expected)
    #expect(tokens(both, parts: 7) == expected)
  }
}
