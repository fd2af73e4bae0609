import Enhancement
import LiveTestSupport
import Synchronization
import Testing
import TestSupport

@testable import Realtime

/// The second of two passes, live: how much of it runs, and who says so.
@Suite struct LivePassesTests {
  private let format = StreamFormat(sampleRate: 48_000, block: 256, channelCount: 1)

  /// On a machine that takes so many seconds for a frame of one network in one pass.
  private func status(
    step: Double, passes: Int = 2, model: EnhancementModel? = nil
  ) throws -> (status: LiveStatus, remarks: [String]) {
    var settings = EnhancementSettings()
    settings.passes = passes
    let remarks = Sentences()
    var options = calm
    options.adaptsSteps = true
    let engine = try LiveEngine(model: try model ?? tinyModel(), settings: settings, options: options) {
      remarks.add($0)
    }
    engine.measure = { enhancer, _ in
      let running = enhancer.withChannel(0) { $0.settings }
      return step * (running.secondPass == .none || passes == 1 ? 1 : 2)
    }
    _ = try engine.prepare(format)
    defer { try? engine.stop() }
    return (try #require(engine.status), remarks.all.withLock { $0 })
  }

  @Test func `the status says how much of it runs`() throws {
    #expect(try status(step: 0.001).status.secondPass == .whole)
    let slow = try status(step: 0.003)
    #expect(slow.status.secondPass == EnhancementSettings.SecondPassShare.none)
    #expect(slow.status.steps == 1 && slow.remarks.contains { $0.contains("so one runs") }, "\(slow.remarks)")
    #expect(try status(step: 0.001, passes: 1).status.secondPass == nil)
  }

  @Test(arguments: [128, 256, 480]) func `the stated latency holds, whole or left out`(block: Int) throws {
    let format = StreamFormat(sampleRate: 48_000, block: block, channelCount: 1)
    var settings = EnhancementSettings()
    settings.passes = 2
    let two = try LiveEngine.latencyBudget(format, model: tinyModel(), settings: settings).totalInSamples
    for step in [0.001, 0.003] {
      let engine = try LiveEngine(model: try tinyModel(), settings: settings, options: LiveOptions())
      engine.measure = { enhancer, _ in
        step * (enhancer.withChannel(0) { $0.settings.secondPass } == .none ? 1 : 2)
      }
      let prepared = try engine.prepare(format)
      try engine.stop()
      #expect(prepared.latencyInSamples == two)
    }
    settings.method = .wiener
    let one = try LiveEngine.latencyBudget(format, settings: settings).totalInSamples
    settings.passes = 1
    #expect(try LiveEngine.latencyBudget(format, settings: settings).totalInSamples == one)
  }
}
