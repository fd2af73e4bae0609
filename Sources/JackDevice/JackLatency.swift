import CJACK
import CThreads
import Ground
import Synchronization

// What limpid's ports say of their latency, whenever JACK asks: at once where that may be, else by the supervisor.

/// Always on the notification thread, so this is the place to have it cancelled in its system calls only: jackd2 1.9.21 was
/// seen to cancel it while it held a lock of libjack's (another client came at that moment), and to hang for ever.
func latencyAsked(_ mode: jack_latency_callback_mode_t, _ context: UnsafeMutableRawPointer?) {
  pthread_setcanceltype(Int32(PTHREAD_CANCEL_DEFERRED), nil)
  let process = context!.assumingMemoryBound(to: JackProcess.self)
  guard process.pointee.notesLatency.load(ordering: .relaxed) else { return process.pointee.stateLatency(mode) }
  process.pointee.askedLatency.bitwiseOr(1 << UInt32(mode.rawValue), ordering: .releasing)
  ct_semaphore_post(process.pointee.wake)
}

extension JackProcess {
  /// As latent_client of jack-example-tools: what arrives at one side, plus our own, is what leaves at the other. Every output
  /// depends on every input, so the ranges are taken over all ports of a side.
  func stateLatency(_ mode: jack_latency_callback_mode_t) {
    let inputs = (ports: inputPorts.base, count: inputCount)
    let outputs = (ports: outputPorts.base, count: channelCount)
    let (near, far) = mode == JackCaptureLatency ? (inputs, outputs) : (outputs, inputs)
    var sum = jack_latency_range_t(min: .max, max: 0)
    for channel in 0..<near.count {
      var range = jack_latency_range_t()
      jack_port_get_latency_range(near.ports[channel], mode, &range)
      sum.min = min(sum.min, range.min)
      sum.max = max(sum.max, range.max)
    }
    let own = latency.load(ordering: .relaxed)
    // A peer may state what it likes, less than nothing too, which wraps round: the sum is right all the same.
    sum.min &+= own
    sum.max &+= own
    for channel in 0..<far.count { jack_port_set_latency_range(far.ports[channel], mode, &sum) }
  }
}

extension JackClient {
  /// States the latencies that were asked for. The supervisor's thread: PipeWire's libjack calls the callback with a lock held that
  /// the answer may want again, where the block size changes at that moment, and then hangs for ever. (0.3.65, while a program plays.)
  func answerLatencies() {
    let asked = process.pointee.askedLatency.exchange(0, ordering: .acquiring)
    for mode in [JackCaptureLatency, JackPlaybackLatency] where asked & 1 << UInt32(mode.rawValue) != 0 {
      process.pointee.stateLatency(mode)
    }
  }
}
