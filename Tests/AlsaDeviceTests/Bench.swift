import Realtime
import Synchronization

@testable import AlsaDevice

/// Stands behind the loop: plays its input back, and counts.
final class PassThrough: BlockProcessor, @unchecked Sendable {
  var blocks = 0
  var waiting = 0
  private let notes = Mutex<[DeviceEvent]>([])
  var events: [DeviceEvent] { notes.withLock { $0 } }

  func prepare(_ format: StreamFormat) throws -> PreparedStream {
    PreparedStream(callback: callback, latencyInSamples: 0)
  }
  func note(_ event: DeviceEvent) { notes.withLock { $0.append(event) } }

  var callback: BlockCallback {
    BlockCallback(context: Unmanaged.passUnretained(self).toOpaque()) { context, _, _, _, conditions in
      // In place: input and output are the same memory.
      let own = Unmanaged<PassThrough>.fromOpaque(context).takeUnretainedValue()
      own.blocks += 1
      if conditions & BlockConditions.mayWait.rawValue != 0 { own.waiting += 1 }
    }
  }
}

/// Two simulated devices, the loop between them, and a processor.
struct Bench {
  typealias Loop = AlsaLoop<SimulatedPCM, SimulatedPCM>

  let clock = VirtualClock()
  let input: SimulatedPCM.World
  let output: SimulatedPCM.World
  let processor = PassThrough()
  let report = AlsaReport()
  let rate: Int
  let period: Int

  init(rate: Int = 48000, period: Int = 256) {
    self.rate = rate
    self.period = period
    input = SimulatedPCM.World(clock)
    output = SimulatedPCM.World(clock)
  }

  /// - Parameters:
  ///   - outputRate: nil: the input's.
  ///   - clocks: whether input and output have one.
  func loop(
    hasOneClock: Bool, format: AlsaSampleFormat = .float, channels: (input: Int, stream: Int, output: Int) = (1, 1, 1),
    periods: Int = 3, outputPeriod: Int? = nil, isInterleaved: Bool = true,
    clocks: (input: Bool, output: Bool) = (true, true), startsTogether: Bool = false,
    processorLatency: Int = 0, outputRate: Int? = nil
  ) -> Loop {
    let outputPeriod = outputPeriod ?? period * (outputRate ?? rate) / rate
    return Loop(
      input: SimulatedPCM(
        input, isInput: true, format: format, channelCount: channels.input, period: period, bufferSize: 8 * period,
        rate: rate, isInterleaved: isInterleaved, hasClock: clocks.input),
      output: SimulatedPCM(
        output, isInput: false, format: format, channelCount: channels.output, period: outputPeriod,
        bufferSize: (periods + 1) * max(period * (outputRate ?? rate) / rate, outputPeriod), rate: outputRate ?? rate,
        isInterleaved: isInterleaved,
        hasClock: clocks.output),
      format: StreamFormat(sampleRate: rate, block: period, channelCount: channels.stream), outputRate: outputRate,
      periods: periods,
      hasOneClock: hasOneClock, startsTogether: startsTogether, callback: processor.callback,
      processorLatency: processorLatency,
      report: report)
  }

  /// Samples from the input's converter to the output's as they are, not as the loop sees them; right after a block was read
  /// and written.
  func trueDelay(_ loop: borrowing Loop) -> Double {
    let inResampler = loop.hasOneClock ? 0 : Double(loop.resampler.delayInSamples) - loop.resampler.fractionWaiting
    return input.position - input.readUpTo + inResampler + output.queued / loop.resampler.nominalRatio
  }

  /// What the processor would have been told by now.
  var events: [DeviceEvent] {
    var announcer = AlsaAnnouncer()
    let listener = PassThrough()
    announcer.announce(report, to: listener)
    return listener.events
  }
}
