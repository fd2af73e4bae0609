import CLimpid
import Enhancement

// Whole recordings, in memory.

@implementation @c
public func limpid_enhance_recording(
  _ enhancer: OpaquePointer!, _ backward: OpaquePointer!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!, _ count: Int, _ warm_up: Double, _ progress: limpid_progress!,
  _ context: UnsafeMutableRawPointer!
) -> limpid_status {
  answer {
    let this = try CInterface.enhancer(enhancer)
    guard this.pointee.stream != nil else {
      throw Failure(LIMPID_WRONG_STATE, "the enhancer is not prepared for recordings; call limpid_prepare")
    }
    guard let input, let output else {
      throw Failure(LIMPID_BAD_ARGUMENT, "input or output is NULL; give the samples and room for as many")
    }
    let channels = this.pointee.channelCount
    let (floats, isTooLarge) = count.multipliedReportingOverflow(by: channels)
    guard count >= 0, !isTooLarge else {
      throw Failure(LIMPID_BAD_ARGUMENT, "the count is beyond all memory; give samples per channel")
    }
    let sound = UnsafeBufferPointer(start: input, count: floats)
    let result = UnsafeMutableBufferPointer(start: output, count: floats)
    guard abs(UnsafeRawPointer(output) - UnsafeRawPointer(input)) / MemoryLayout<Float>.stride >= floats else {
      throw Failure(LIMPID_BAD_ARGUMENT, "input and output overlap; give the output room of its own")
    }
    guard (0...10).contains(warm_up) else {
      throw Failure(LIMPID_BAD_VALUE, "a warm-up of \(warm_up) s is out of range; give 0 to 10 seconds")
    }
    let rate = this.pointee.stream!.withChannel(0) { $0.sampleRate }
    let warmUp = Float(warm_up)
    func goesOn(_ done: Double) -> Bool { progress.map { $0(context, done) == 0 } ?? true }
    let isWhole: Bool
    if let backward {
      var wayBack = try EnhancerPointer(backward).pointee.wayBack(
        sampleRate: rate, channelCount: channels, warmUp: warmUp)
      isWhole = this.pointee.stream!.enhance(
        recording: sound, into: result, warmUp: warmUp, wayBack: &wayBack, goesOn: goesOn)
    } else {
      isWhole = this.pointee.stream!.enhance(recording: sound, into: result, warmUp: warmUp, goesOn: goesOn)
    }
    this.pointee.reset()
    guard isWhole else { throw Failure(LIMPID_STOPPED, "progress ended it; what is in output is of no use") }
  }
}
