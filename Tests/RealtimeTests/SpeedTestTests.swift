import LiveTestSupport
import Testing

@testable import Enhancement
@testable import Realtime

/// What is done at the start on machines of any speed.
@Suite struct SpeedTestTests {
  private typealias Found = (
    steps: Int, wished: Int, guidance: Float, networks: EnhancementSettings.Networks, remarks: [String]
  )

  /// On a machine that takes `step` seconds a step of one network, twice that of two and twice that with guidance.
  private func begin(
    step: Double, steps: Int, passes: Int = 1, guidance: Float = 1, mayLower: Bool = true,
    model: EnhancementModel? = nil
  ) throws -> Found {
    let format = StreamFormat(sampleRate: 48000, block: 128, channelCount: 2)
    var settings = EnhancementSettings()
    settings.steps = steps
    settings.passes = passes
    settings.guidance = guidance
    settings.maximumSteps = 8
    let model = try model ?? tinyModel()
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: 48000, channelCount: 2, granularity: 128)
    var remarks: [String] = []
    let levels = WorkLevels(model)
    let found = try SpeedTest.run(
      &enhancer, levels: levels, model: model, settings: settings, format: format, mayLower: mayLower,
      remark: { remarks.append($0) },
      measure: { enhancer, _ in
        let running = enhancer.withChannel(0) { $0.settings }
        let networks: Double = model.secondName != nil && running.networks == .both ? 2 : 1
        let second: Double =
          passes == 1 ? 0 : running.secondPass == .whole ? networks : running.secondPass == .light ? 1 : 0
        return step * (networks + second) * Double(running.steps) * (running.guidance == 1 ? 1 : 2)
      })
    let running = enhancer.withChannel(0) { $0.settings }
    #expect(running == levels.settings(found.settings, at: found.level), "what runs is what was found")
    #expect(found.settings.networks == .both, "the wish stays")
    return (running.steps, found.settings.steps, found.settings.guidance, running.networks, remarks)
  }

  @Test func `where there is room nothing changes`() throws {
    let found = try begin(step: 0.001, steps: 4, guidance: 1.5)
    // 8 ms of 10 is too much, with two steps fewer it fits.
    #expect((found.steps, found.wished, found.guidance) == (3, 4, 1.5))
    let fast = try begin(step: 0.0005, steps: 4, guidance: 1.5)
    #expect((fast.steps, fast.wished, fast.guidance, fast.remarks) == (4, 4, 1.5, []))
  }

  @Test func `steps go down until a frame fits and that is said`() throws {
    let found = try begin(step: 0.003, steps: 8)
    #expect((found.steps, found.wished) == (2, 8), "the wish stays: it may become faster")
    #expect(found.remarks == ["this machine manages 2 of 8 steps a frame here, so it runs 2"])
  }

  @Test func `guidance goes last`() throws {
    let found = try begin(step: 0.005, steps: 4, guidance: 2)
    #expect((found.steps, found.guidance) == (1, 1))
    #expect(found.remarks.contains { $0.contains("guidance") })
  }

  @Test(arguments: [
    (0.0024, 1, EnhancementSettings.Networks.both, []), (0.0026, 1, .first, ["both networks would take"]),
    (0.0024, 2, .both, ["1 of 2 steps"]),
  ])
  func `two networks run where they leave half of the time`(
    step: Double, steps: Int, networks: EnhancementSettings.Networks, said: [String]
  ) throws {
    let found = try begin(step: step, steps: steps, model: try EnhancementModel(mean: tinyModel(), tinyModel()))
    #expect((found.steps, found.wished) == (1, steps) && found.networks == networks)
    #expect(found.remarks.count == said.count && zip(found.remarks, said).allSatisfy { $0.contains($1) })
  }

  @Test(arguments: [
    (0.0012, EnhancementSettings.Networks.both, []), (0.0013, .both, ["so of the second the first network runs"]),
    (0.0017, .both, ["so one runs"]), (0.0024, .both, ["so one runs"]), (0.0026, .first, ["both networks would take"]),
  ])
  func `two passes run where they leave half of the time, else less of the second, else both networks once`(
    step: Double, networks: EnhancementSettings.Networks, said: [String]
  ) throws {
    let found = try begin(step: step, steps: 1, passes: 2, model: try EnhancementModel(mean: tinyModel(), tinyModel()))
    #expect(found.steps == 1 && found.networks == networks)
    #expect(found.remarks.count == said.count && zip(found.remarks, said).allSatisfy { $0.contains($1) })
  }

  @Test func `a machine that cannot keep up is told`() throws {
    let error = LiveError.tooSlow(sampleRate: 48000, channelCount: 2, milliseconds: 12, available: 10)
    #expect(throws: error) { try begin(step: 0.012, steps: 1) }
    #expect(throws: error) { try begin(step: 0.012, steps: 4) }
    #expect(
      "\(error)"
        == "this machine takes 12.0 ms for a frame of 2 channels at 48000 Hz and has 10 ms; use fewer channels, or "
        + "end what else runs")
    // Told not to change anything, it takes what just fits, and no more.
    #expect(try begin(step: 0.0045, steps: 2, mayLower: false).steps == 2)
    #expect(throws: LiveError.self) { try begin(step: 0.0055, steps: 2, mayLower: false) }
  }

  @Test func `what runs without a session is measured by the share of its time`() throws {
    let settings = EnhancementSettings()
    let share = try SpeedTest.share(of: tinyModel(), settings: settings, sampleRate: 48000, block: 512) { _, format in
      #expect((format.sampleRate, format.block, format.channelCount) == (48000, 512, 1))
      return 0.004
    }
    #expect(abs(share - 0.4) < 1e-9, "of a hop of 10 ms")
    #expect(try SpeedTest.share(of: tinyModel(), settings: settings, sampleRate: 48000, block: 512) > 0)
  }
}
