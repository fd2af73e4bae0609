import CLimpid
import Enhancement

// Blocks that the calling thread enhances. limpid_process neither allocates nor locks: what is refused has its sentence
// already.

@implementation @c
public func limpid_prepare(_ enhancer: OpaquePointer!, _ sample_rate: Int32, _ channel_count: Int32) -> limpid_status {
  answer {
    try CInterface.enhancer(enhancer).pointee.prepare(
      sampleRate: Int(sample_rate), channelCount: Int(channel_count))
  }
}

@implementation @c
public func limpid_process(
  _ enhancer: OpaquePointer!, _ input: UnsafePointer<UnsafePointer<Float>?>!,
  _ output: UnsafePointer<UnsafeMutablePointer<Float>?>!, _ count: Int
) -> limpid_status {
  guard let enhancer else { return refuse(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  let this = EnhancerPointer(enhancer)
  guard this.pointee.stream != nil else {
    return refuse(LIMPID_WRONG_STATE, "the enhancer is not prepared for limpid_process; call limpid_prepare")
  }
  guard count >= 0 else {
    return refuse(LIMPID_BAD_ARGUMENT, "the count is beyond all memory; give samples per channel")
  }
  guard let lanes = Lanes(input, output, channelCount: this.pointee.channelCount) else {
    return refuse(LIMPID_BAD_ARGUMENT, "input or output is NULL, or a channel of it; give a pointer for every channel")
  }
  this.pointee.stream!.process(planar: lanes.input, into: lanes.output, count: count)
  this.pointee.followLearning()
  return LIMPID_OK
}

@implementation @c
public func limpid_process_interleaved(
  _ enhancer: OpaquePointer!, _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int
) -> limpid_status {
  guard let enhancer else { return refuse(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  let this = EnhancerPointer(enhancer)
  guard this.pointee.stream != nil else {
    return refuse(LIMPID_WRONG_STATE, "the enhancer is not prepared for limpid_process; call limpid_prepare")
  }
  guard let input, let output else {
    return refuse(LIMPID_BAD_ARGUMENT, "input or output is NULL; give the samples and room for as many")
  }
  let (floats, isTooLarge) = count.multipliedReportingOverflow(by: this.pointee.channelCount)
  guard count >= 0, !isTooLarge else {
    return refuse(LIMPID_BAD_ARGUMENT, "the count is beyond all memory; give samples per channel")
  }
  this.pointee.stream!.process(
    interleaved: UnsafeBufferPointer(start: input, count: floats),
    into: UnsafeMutableBufferPointer(start: output, count: floats))
  this.pointee.followLearning()
  return LIMPID_OK
}

@implementation @c
public func limpid_reset(_ enhancer: OpaquePointer!) -> limpid_status {
  guard let enhancer else { return refuse(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  let this = EnhancerPointer(enhancer)
  guard this.pointee.stream != nil else {
    return refuse(LIMPID_WRONG_STATE, "only what limpid_prepare has prepared can be reset; call that first")
  }
  this.pointee.reset()
  return LIMPID_OK
}

@implementation @c
public func limpid_adjust(_ enhancer: OpaquePointer!, _ control: limpid_control, _ value: Float) -> limpid_status {
  guard let enhancer else { return refuse(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  let this = EnhancerPointer(enhancer)
  guard this.pointee.stream != nil else {
    return refuse(LIMPID_WRONG_STATE, "the enhancer is not prepared for limpid_process; call limpid_prepare")
  }
  guard let fault = this.pointee.adjust(control, to: value) else { return LIMPID_OK }
  return refuse(LIMPID_BAD_VALUE, fault)
}

/// The channels of a block, every one of which is there.
struct Lanes {
  let input: UnsafePointer<UnsafePointer<Float>>  // (channelCount)
  let output: UnsafePointer<UnsafeMutablePointer<Float>>  // (channelCount)

  /// nil: something is NULL.
  @inline(__always)
  init?(
    _ input: UnsafePointer<UnsafePointer<Float>?>?, _ output: UnsafePointer<UnsafeMutablePointer<Float>?>?,
    channelCount: Int
  ) {
    guard let input, let output else { return nil }
    for channel in 0..<channelCount where input[channel] == nil || output[channel] == nil { return nil }
    self.input = UnsafeRawPointer(input).assumingMemoryBound(to: UnsafePointer<Float>.self)
    self.output = UnsafeRawPointer(output).assumingMemoryBound(to: UnsafeMutablePointer<Float>.self)
  }
}
