import Glibc
import HeapCounter
import Realtime
import Synchronization

/// Stands for the engine: each channel comes out a known number of samples later, `block + extra`.
package final class DeviceStandIn: BlockProcessor {
  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }
  /// What the callback works on.
  package final class Line: @unchecked Sendable {
    package let memory: UnsafeMutablePointer<Float>  // (channels, length)
    package let channelCount: Int
    package let length: Int
    package let block: Int
    package var position = 0
    package var count = 0
    package let blocks = Atomic(0)
    package let waitingBlocks = Atomic(0)
    /// Heap calls of the device's thread within 1000 blocks after the first 100; −1 before.
    package let heapCalls = Atomic(-1)
    package var heapCallsBefore: UInt = 0
    package let denormals = Atomic(0)
    /// Blocks of another size than prepared.
    package let wrongBlocks = Atomic(0)
    /// Microseconds that the next block takes.
    package let stall = Atomic(0)
    package var tiny: Float = 1.2e-38

    package init(channelCount: Int, length: Int, block: Int) {
      self.block = block
      self.channelCount = channelCount
      self.length = length
      memory = .allocate(capacity: channelCount * length)
      memory.initialize(repeating: 0, count: channelCount * length)
    }
    deinit { memory.deallocate() }
  }

  package let extra: Int
  /// A block size that it refuses.
  package let refusedBlock: Int
  private struct State {
    var formats: [StreamFormat] = []
    var events: [DeviceEvent] = []
    var lines: [Line] = []
  }
  private let state = Mutex(State())

  package init(extra: Int = 37, refusedBlock: Int = 0) {
    self.extra = extra
    self.refusedBlock = refusedBlock
  }

  package var formats: [StreamFormat] { state.withLock { $0.formats } }
  package var events: [DeviceEvent] { state.withLock { $0.events } }
  package var wrongBlocks: Int {
    state.withLock { $0.lines.reduce(0) { $0 + $1.wrongBlocks.load(ordering: .acquiring) } }
  }
  package var line: Line? { state.withLock { $0.lines.last } }

  package func prepare(_ format: StreamFormat) throws -> PreparedStream {
    if format.block == refusedBlock { throw Refusal(description: "blocks of \(format.block) are too small") }
    let latency = format.block + extra
    let line = Line(channelCount: format.channelCount, length: latency, block: format.block)
    state.withLock {
      $0.formats.append(format)
      $0.lines.append(line)
    }
    let callback = BlockCallback(context: Unmanaged.passUnretained(line).toOpaque()) {
      context, input, output, count, conditions in
      Unmanaged<Line>.fromOpaque(context)._withUnsafeGuaranteedRef { line in
        for channel in 0..<line.channelCount {
          let memory = line.memory + channel * line.length
          for n in 0..<count {
            let place = (line.position + n) % line.length
            let sample = input[channel][n]
            output[channel][n] = memory[place]
            memory[place] = sample
          }
        }
        line.position = (line.position + count) % line.length
        line.count += 1
        if line.count == 100 { line.heapCallsBefore = heap_call_count() }
        if line.count == 1100 {
          line.heapCalls.store(Int(heap_call_count() - line.heapCallsBefore), ordering: .relaxed)
        }
        if count != line.block { line.wrongBlocks.add(1, ordering: .relaxed) }
        if line.tiny * 0.5 != 0 { line.denormals.add(1, ordering: .relaxed) }
        if conditions & BlockConditions.mayWait.rawValue != 0 { line.waitingBlocks.add(1, ordering: .relaxed) }
        let stall = line.stall.exchange(0, ordering: .relaxed)
        if stall > 0 { usleep(UInt32(stall)) }
        line.blocks.add(1, ordering: .releasing)
      }
    }
    return PreparedStream(callback: callback, latencyInSamples: latency)
  }

  package func note(_ event: DeviceEvent) { state.withLock { $0.events.append(event) } }
}
