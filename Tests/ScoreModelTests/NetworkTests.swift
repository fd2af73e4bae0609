import CKernels
import NeuralLayers
import ScoreModel
import Testing
import TestSupport

/// What the stream promises beside its numbers: causality, independence of slots and items, exact resets.
@Suite struct NetworkTests {
  private let golden: Golden
  private let weights: ScoreModelWeights
  private let x: [Float]
  private let y: [Float]
  private let count = 320

  init() throws {
    golden = try Fixtures.golden("sequence")
    weights = try Fixtures.weights("tiny-sequence")
    x = golden.values("x-6")
    y = golden.values("y-6")
  }

  private func network(times: [Float] = [1], batch: Int = 1) -> ScoreNetwork {
    var network = ScoreNetwork(weights: weights, times: times, batch: batch)
    network.setTokens(golden.values("tokens"))
    return network
  }

  @Test func `an item of a batch of two equals a batch of one to the bit`() {
    var two = network(batch: 2)
    var one = network()
    var null = ScoreNetwork(weights: weights, times: [1], batch: 1)
    let both = run(&two, batch: 2, x: x, y: y)
    #expect(both[0] == run(&one, x: x, y: y)[0])
    #expect(both[1] == run(&null, x: x, y: y)[0])
    #expect(both[0] != both[1])
  }

  @Test func `frames from m on change nothing before m`() {
    var whole = network()
    let expected = run(&whole, x: x, y: y)[0]
    let frames = y.count / count
    for m in [1, 4, frames - 1] {
      var changedX = x
      var changedY = y
      for i in (m * count)..<y.count {
        changedX[i] = -3 * x[i]
        changedY[i] = 1 - y[i]
      }
      var other = network()
      let output = run(&other, x: changedX, y: changedY)[0]
      #expect(output[..<(m * count)] == expected[..<(m * count)])
      #expect(output[(m * count)..<((m + 1) * count)] != expected[(m * count)..<((m + 1) * count)])
    }
  }

  @Test func `a slot does not hear the others`() {
    var alone = network(times: [0.5])
    let expected = run(&alone, x: x, y: y)[0]
    var several = network(times: [1, 0.5, 0.1])
    var output: [Float] = []
    for frame in 0..<(y.count / count) {
      _ = run(&several, slot: 0, x: x, y: y, frames: frame..<frame + 1)
      output += run(&several, slot: 1, x: x, y: y, frames: frame..<frame + 1)[0]
      if frame % 2 == 0 { _ = run(&several, slot: 2, x: y, y: x, frames: frame..<frame + 1) }
    }
    #expect(output == expected)
  }

  @Test func `reset starts over, for one slot or all`() {
    var network = network(times: [1, 0.5])
    let first = run(&network, slot: 0, x: x, y: y)[0]
    let second = run(&network, slot: 1, x: x, y: y)[0]
    #expect(run(&network, slot: 0, x: x, y: y)[0] != first)
    network.resetSlot(0)
    #expect(run(&network, slot: 0, x: x, y: y)[0] == first)
    #expect(run(&network, slot: 1, x: x, y: y)[0] != second)
    network.reset()
    #expect(run(&network, slot: 1, x: x, y: y)[0] == second)
  }

  @Test func `a reset heals a state that NaN has spoilt`() {
    var network = network()
    let expected = run(&network, x: x, y: y)[0]
    var broken = y
    broken[7] = .nan
    let output = run(&network, x: x, y: broken)[0]
    #expect(output.contains { $0.isNaN })
    network.reset()
    #expect(run(&network, x: x, y: y)[0] == expected)
  }

  @Test func `a copied slot goes on as its source would`() {
    var network = network(times: [0.5, 0.5], batch: 2)
    _ = run(&network, slot: 0, batch: 2, x: x, y: y)
    network.copySlot(from: 0, to: 1)
    #expect(run(&network, slot: 1, batch: 2, x: y, y: x) == run(&network, slot: 0, batch: 2, x: y, y: x))
  }

  @Test func `the unconditional item starts from the conditional one's state`() {
    // With the null condition in both items, the copied state makes both go on alike.
    var network = ScoreNetwork(weights: weights, times: [1], batch: 2)
    _ = run(&network, x: x, y: y)
    network.startUnconditionalLane(slot: 0)
    let both = run(&network, batch: 2, x: x, y: y)
    #expect(both[0] == both[1])
  }

  @Test func `tokens change the conditional item alone, in every slot, and nil takes them back`() {
    func oneFrame(_ network: inout ScoreNetwork, _ slot: Int) -> [[Float]] {
      network.reset()
      return run(&network, slot: slot, batch: 2, x: x, y: y, frames: 0..<1)
    }
    var network = network(times: [1, 0.1], batch: 2)
    for slot in 0..<2 {
      network.setTokens(golden.values("tokens"))
      let before = oneFrame(&network, slot)
      network.setTokens(golden.values("tokens").map { 1 - $0 })
      let after = oneFrame(&network, slot)
      #expect(before[0] != after[0])
      #expect(before[1] == after[1])
      network.setTokens(nil)
      #expect(oneFrame(&network, slot)[0] == before[1])
    }
  }

  @Test func `two networks share weights and nothing else`() {
    var first = network()
    var second = network()
    let expected = run(&first, x: x, y: y)[0]
    #expect(run(&second, x: x, y: y)[0] == expected)
  }

  @Test func `the identity fixture returns the noisy spectrum to the bit`() throws {
    let identity = try Fixtures.weights("identity")
    var network = ScoreNetwork(weights: identity, times: [1, 0.5], batch: 2)
    network.setTokens([Float](repeating: 0.3, count: network.tokenCount * network.tokenDimension))
    #expect(run(&network, slot: 1, batch: 2, x: x, y: y) == [y, y])
  }

  @Test func `the dispatch levels agree to -100 dB`() {
    var reference = network()
    let expected = run(&reference, x: x, y: y)[0]
    for level in 0..<ck_level() where ck_level_is_supported(level) {
      #expect(ck_level_force(level))
      var other = network()
      let output = run(&other, x: x, y: y)[0]
      ck_level_force(-1)
      let error = errorInDecibels(output, expected)
      #expect(error < -100, "\(String(cString: ck_level_name(level))): \(error) dB")
    }
  }
}
