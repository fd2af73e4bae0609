import Enhancement
import Ground

/// The worker and the callback's output without their clock: what it decided comes from the events of a recording.
package final class ReplayPlayer {
  private let format: StreamFormat
  private let worker: Worker
  private let shared: FixedValue<SharedState>
  private let commands: FixedValue<ValueRing<CommandValue>>
  private let latency: Int
  private var fill: DryFill

  /// Commands, steps and gaps, by position; and spans of delayed input.
  private let changes: [SessionEvent]
  private let spans: [(position: Int, count: Int, gain: Float)]
  private var nextChange = 0
  private var nextSpan = 0
  private var position = 0  // of the next block
  private var skipped = 0  // input samples still to be left out

  private let history: PlanarBlock  // (channels, historySize)
  private let historySize: Int
  private let block: PlanarBlock  // (channels, the format's block)

  /// - Throws: `EnhancementError` for what the enhancer refuses.
  package init(_ start: SessionStart, events: [SessionEvent]) throws {
    let format = start.format
    self.format = format
    let levels = WorkLevels(start.model)
    let running = levels.settings(start.settings, at: start.level)
    var enhancer = try MultichannelEnhancer(
      model: start.model, settings: running, sampleRate: format.sampleRate, channelCount: format.channelCount,
      granularity: format.block)
    let desk = LearningDesk(
      model: start.model, sampleRate: format.sampleRate, named: start.named, live: start.live, wake: {},
      remark: { _ in })
    if let tokens = try desk.firstTokens() { enhancer.setLearnedTokens(tokens) }
    if let profile = start.profile { try enhancer.setNoiseProfile(profile, isFrozen: false) }
    enhancer.holdNoiseReferences(start.isFrozen)
    for channel in 0..<format.channelCount {
      enhancer.withChannel(channel) { $0.follow(Self.decisions(of: channel, in: events)) }
    }
    shared = FixedValue(SharedState(format: format, lead: start.lead))
    commands = FixedValue(ValueRing(capacity: 1, filler: .clear))
    latency = enhancer.latencyInSamples + start.lead
    fill = DryFill(channelCount: format.channelCount, sampleRate: format.sampleRate)
    worker = Worker(
      format: format, shared: shared.address, commands: commands.address, meters: LiveMeters(), service: nil, tap: nil,
      profiles: ProfileMailbox(enhancer.frameFormat), desk: desk, enhancer: enhancer, settings: start.settings,
      levels: levels, governor: StepGovernor(wished: levels.whole(start.settings), level: start.level), adapts: false,
      isTimed: false)
    changes = events.filter {
      switch $0 {
      case .command, .level, .gap, .learned: true
      case .dry, .frameCut, .tokensLate, .clockDrift: false
      }
    }
    spans = events.compactMap {
      if case .dry(let position, let count, let gain) = $0 { (position, count, gain) } else { nil }
    }
    var size = 1
    while size < latency + format.block { size *= 2 }
    historySize = size
    history = PlanarBlock(channelCount: format.channelCount, capacity: size)
    block = PlanarBlock(channelCount: format.channelCount, capacity: format.block)
  }

  private static func decisions(of channel: Int, in events: [SessionEvent]) -> [FrameDecision] {
    events.compactMap { event in
      switch event {
      case .frameCut(let frame, channel, let steps): FrameDecision(frameIndex: frame, kind: .stepsRun(steps))
      case .tokensLate(let frame, channel): FrameDecision(frameIndex: frame, kind: .tokensLate)
      default: nil
      }
    }
  }

  /// One block, in place.
  ///
  /// - Parameters:
  ///   - samples: (count, channels) interleaved.
  ///   - count: at most the format's block.
  package func play(_ samples: UnsafeMutablePointer<Float>, count: Int) {
    block.deinterleave(samples, count: count)
    for channel in 0..<format.channelCount {
      let lane = history[channel]
      for n in 0..<count {
        let sample = block[channel][n]
        lane[(position + n) & (historySize - 1)] = sample.magnitude <= 1e10 ? sample : 0
      }
    }
    takeIn(count: count)
    giveOut(count: count)
    block.interleave(into: samples, count: count)
    position += count
  }

  /// Into the worker, which works on whole blocks as it did; lost input is left out.
  private func takeIn(count: Int) {
    var start = 0
    while start < count {
      if skipped == 0 { change() }
      if skipped > 0 {
        let left = min(skipped, count - start)
        skipped -= left
        start += left
        continue
      }
      // Up to the next change only: a gap may begin in the middle of a block.
      let part = min(
        count - start, untilGap() - (shared.pointee.input.writePosition - shared.pointee.input.readPosition))
      guard part > 0 else { break }
      let offset = start
      withUnsafeTemporaryAllocation(of: UnsafePointer<Float>.self, capacity: format.channelCount) { pointers in
        for channel in 0..<format.channelCount { pointers[channel] = UnsafePointer(block[channel] + offset) }
        _ = shared.pointee.input.write(pointers.baseAddress!, count: part)
      }
      start += part
      while shared.pointee.input.available >= format.block {
        change()
        worker.processBlock()
      }
    }
  }

  /// A command as it was taken: what was being learned then had come to nothing, or there is an event that says what it came to.
  private func replay(_ command: EngineCommand) {
    switch command {
    case .learn: worker.desk.abandon()
    case .forget:
      worker.desk.abandon()
      worker.desk.forget()
    default: break
    }
    worker.apply(CommandValue(command))
  }

  /// Samples from the worker's position to the next gap.
  private func untilGap() -> Int {
    for event in changes[nextChange...] {
      if case .gap(let position, _) = event { return position - worker.position }
    }
    return Int.max / 2
  }

  /// What took effect before the worker's next block.
  private func change() {
    while nextChange < changes.count {
      switch changes[nextChange] {
      case .command(let position, let command):
        guard position <= worker.position else { return }
        replay(command)
      case .level(let position, let level):
        guard position <= worker.position else { return }
        worker.follow(level: level)
      case .learned(let position):
        guard position <= worker.position else { return }
        worker.followLearned()
      case .gap(let position, let count):
        guard position <= worker.position + shared.pointee.input.available,
          shared.pointee.input.available < format.block
        else { return }
        // A part of a block before the gap was left out with it.
        let left = shared.pointee.input.available
        shared.pointee.input.advance(left)
        worker.resume(after: count, leftOver: left)
        // Of a damaged recording it may be the larger.
        skipped = max(0, count - left)
      default: break
      }
      nextChange += 1
    }
  }

  /// The output as the callback composed it.
  private func giveOut(count: Int) {
    let there = shared.pointee.output.readable(count)
    for channel in 0..<format.channelCount {
      let lane = block[channel]
      for n in 0..<count { lane[n] = 0 }
      shared.pointee.output.copy(
        channel: channel, from: there.first, count: there.last - there.first,
        into: lane + (there.first - position))
    }
    shared.pointee.output.advance(count)
    var start = 0
    while start < count {
      while nextSpan < spans.count, spans[nextSpan].position + spans[nextSpan].count <= position + start {
        nextSpan += 1
      }
      let span = nextSpan < spans.count ? spans[nextSpan] : (position: Int.max, count: 0, gain: 1)
      if span.position <= position + start {
        let end = min(count, span.position + span.count - position)
        for channel in 0..<format.channelCount {
          let lane = history[channel]
          let output = block[channel]
          for n in start..<end {
            let wanted = position + n - latency
            output[n] = wanted >= 0 ? lane[wanted & (historySize - 1)] : 0
          }
        }
        fill.render(block.lanes, from: start, count: end - start, dry: true, gain: span.gain)
        start = end
      } else {
        let end = min(count, span.position == Int.max ? count : span.position - position)
        fill.render(block.lanes, from: start, count: end - start, dry: false, gain: 1)
        start = end
      }
    }
  }
}
