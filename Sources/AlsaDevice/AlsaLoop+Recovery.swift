import CThreads
import Ground
import Synchronization

/// Starting, and starting anew after what went wrong. On the device's thread; allocates nothing.
extension AlsaLoop where Input: ~Copyable, Output: ~Copyable {
  /// Waits of a fifth of a second that give nothing before a device counts as gone.
  private static var mostIdleWaits: Int { 10 }
  /// Attempts to look at the clocks before this thread is interrupted.
  private static var mostProbes: Int { 20 }

  /// Fills the output with silence and lets both directions run.
  mutating func start() -> End? {
    for attempt in 1...Self.mostProbes {
      input.drop()
      output.drop()
      if let end = check(input.prepare()) ?? check(output.prepare()) { return end }
      let put = writeSilence(primed)
      if put < 0 { return .lost(-put) }
      needsAlignment = !startsTogether
      awaitedPositions = 16
      judgedSince = 0
      let began = input.now()
      if let end = check(input.start()) ?? check(output.start()) { return end }
      // Once known of these devices it stays: a recovery must not change how blocks run.
      if isClockless || (attempt == 1 && blocks > 0) { return nil }
      let there = input.available()
      let waiting = output.delay()
      if there < 0 || waiting < 0 {
        if attempt == Self.mostProbes { return .lost(-min(there, waiting)) }
        continue
      }
      // A device has not recorded more than what has passed, which may be long where the output starts slowly, and in a
      // quarter of a period has not played several. What has no clock has all of its buffer at once.
      let elapsed = Double(input.now() - began) * 1e-9 * Double(sampleRate)
      inputHasClock = Double(there) < Double(period) + elapsed && there < input.bufferSize
      outputHasClock = waiting >= primed / 2
      if (inputHasClock && outputHasClock) || elapsed < Double(period) / 4 || attempt == Self.mostProbes { break }
    }
    if !inputHasClock && !outputHasClock { findClockless() }
    return nil
  }

  /// Nothing waits for a clock any more: at real-time priority this thread would take all of a processor.
  func findClockless() {
    ct_make_ordinary()
    report.isClockless.store(true, ordering: .releasing)
    report.signal()
  }

  /// - Parameters:
  ///   - code: −errno of a direction.
  ///   - losesSamples: whether samples that were read or should have been written are lost with it.
  mutating func recover(_ code: Int, losesSamples: Bool = false) -> End? {
    switch Int32(-code) {
    case EINTR: return nil
    case EAGAIN:
      idleWaits += 1
      if idleWaits >= Self.mostIdleWaits { return .lost(Int(ETIMEDOUT)) }
      // The latency would be shorter by these samples for good.
      guard losesSamples else { return nil }
      countXrun()
      return start()
    case EPIPE:
      countXrun()
      return start()
    case ESTRPIPE:
      report.suspends.add(1, ordering: .relaxed)
      waitForResume()
      countXrun()
      return start()
    default: return .lost(-code)
    }
  }

  func countXrun() {
    report.xruns.add(1, ordering: .releasing)
    report.signal()
  }

  /// Until neither direction is suspended any more. What `resume` cannot do, the start that follows does.
  private mutating func waitForResume() {
    while !report.isStopping.load(ordering: .relaxed) {
      let ofInput = input.resume()
      let ofOutput = output.resume()
      if ofInput != -Int(EAGAIN), ofOutput != -Int(EAGAIN) { return }
      input.pause(nanoseconds: 20_000_000)
    }
  }

  /// - Parameter count: at most what the loop's memory holds: `primed`.
  /// - Returns: as `PCMStream.write`.
  mutating func writeSilence(_ count: Int) -> Int {
    memset(outputBytes.base, 0, count * output.channelCount * output.format.byteCount)
    return output.write(outputBytes.base, count: count)
  }

  /// Waits until the output has played what it holds.
  mutating func playOut() {
    let limit = input.now() + UInt64(2e9 * Double(primed) / (resampler.nominalRatio * Double(sampleRate)))
    while !report.isStopping.load(ordering: .relaxed), input.now() < limit, output.delay() > 0 {
      input.pause(nanoseconds: 5_000_000)
    }
  }

  /// A device that cannot be prepared, started or primed is gone.
  private func check(_ code: Int) -> End? { code < 0 ? .lost(-code) : nil }
}
