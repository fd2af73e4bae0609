import Glibc
import HeapCounter
import Synchronization

@testable import AudioIO

/// Stands for the engine: each channel comes out a known number of samples later, `block + extra`.
final class JackStandIn: BlockProcessor {
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }
  /// What the callback works on.
  final class Line: @unchecked Sendable {
    let memory: UnsafeMutablePointer<Float>  // (channels, length)
    let channelCount: Int
    let length: Int
    let block: Int
    var position = 0
    var count = 0
    let blocks = Atomic(0)
    let waitingBlocks = Atomic(0)
    /// Heap calls of the device's thread within 1000 blocks after the first 100; −1 before.
    let heapCalls = Atomic(-1)
    var heapCallsBefore: UInt = 0
    let denormals = Atomic(0)
    /// Blocks of another size than prepared.
    let wrongBlocks = Atomic(0)
    /// Microseconds that the next block takes.
    let stall = Atomic(0)
    var tiny: Float = 1.2e-38

    init(channelCount: Int, length: Int, block: Int) {
      self.block = block
      self.channelCount = channelCount
      self.length = length
      memory = .allocate(capacity: channelCount * length)
      memory.initialize(repeating: 0, count: channelCount * length)
    }
    deinit { memory.deallocate() }
  }

  let extra: Int
  /// A block size that it refuses.
  let refusedBlock: Int
  private struct State {
    var formats: [StreamFormat] = []
    var events: [DeviceEvent] = []
    var lines: [Line] = []
  }
  private let state = Mutex(State())

  init(extra: Int = 37, refusedBlock: Int = 0) {
    self.extra = extra
    self.refusedBlock = refusedBlock
  }

  var formats: [StreamFormat] { state.withLock { $0.formats } }
  var events: [DeviceEvent] { state.withLock { $0.events } }
  var wrongBlocks: Int { state.withLock { $0.lines.reduce(0) { $0 + $1.wrongBlocks.load(ordering: .acquiring) } } }
  var line: Line? { state.withLock { $0.lines.last } }

  func prepare(_ format: StreamFormat) throws -> PreparedStream {
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

  func note(_ event: DeviceEvent) { state.withLock { $0.events.append(event) } }
}
