import CLimpid
import Enhancement
import Realtime

// Blocks from a device's callback. limpid_process_real_time neither allocates, nor locks, nor waits.

@implementation @c
public func limpid_prepare_real_time(
  _ enhancer: OpaquePointer!, _ sample_rate: Int32, _ channel_count: Int32, _ block: Int32
) -> limpid_status {
  answer {
    try CInterface.enhancer(enhancer).pointee.prepareRealTime(
      sampleRate: Int(sample_rate), channelCount: Int(channel_count), block: Int(block))
  }
}

@implementation @c
public func limpid_process_real_time(
  _ enhancer: OpaquePointer!, _ input: UnsafePointer<UnsafePointer<Float>?>!,
  _ output: UnsafePointer<UnsafeMutablePointer<Float>?>!, _ count: Int, _ flags: UInt32
) -> limpid_status {
  guard let enhancer else { return refuse(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  let this = EnhancerPointer(enhancer)
  guard let callback = this.pointee.callback else {
    return refuse(LIMPID_WRONG_STATE, "the enhancer is not prepared for real time; call limpid_prepare_real_time")
  }
  guard count >= 0, count <= this.pointee.block else {
    return refuse(
      LIMPID_BAD_ARGUMENT, "a block has more samples than limpid_prepare_real_time was told; prepare for the most")
  }
  guard flags & ~UInt32(LIMPID_MAY_WAIT) == 0 else {
    return refuse(LIMPID_BAD_ARGUMENT, "a flag is not known; give 0 or LIMPID_MAY_WAIT")
  }
  guard let lanes = Lanes(input, output, channelCount: this.pointee.channelCount) else {
    return refuse(LIMPID_BAD_ARGUMENT, "input or output is NULL, or a channel of it; give a pointer for every channel")
  }
  let conditions: BlockConditions = flags == 0 ? [] : .mayWait
  callback.function(callback.context, lanes.input, lanes.output, count, conditions.rawValue)
  return LIMPID_OK
}

@implementation @c
public func limpid_counter(
  _ enhancer: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ value: UnsafeMutablePointer<UInt64>!
) -> limpid_status {
  answer {
    let enhancer = try CInterface.enhancer(enhancer)
    let name = try text(name, "name")
    guard let value else { throw Failure(LIMPID_BAD_ARGUMENT, "value is NULL; give the address of a uint64_t") }
    let names = counters.map(\.name) + [stepsName]
    guard names.contains(name) else {
      throw Failure(LIMPID_UNKNOWN_KEY, "there is no counter '\(name)'; there are \(names.joined(separator: ", "))")
    }
    guard let status = enhancer.pointee.engine?.status else {
      throw Failure(LIMPID_WRONG_STATE, "the enhancer is not prepared for real time; call limpid_prepare_real_time")
    }
    value.pointee = UInt64(clamping: number(name, status) ?? 0)
  }
}

/// What limpid_counter tells: what is counted without a device, and how many steps run.
private let counters = LiveCounters.all.filter { !$0.isOfDevice }
private let stepsName = "steps"

private func number(_ name: String, _ status: LiveStatus) -> Int? {
  name == stepsName ? status.steps : counters.first { $0.name == name }.map { status.counters[keyPath: $0.path] }
}
