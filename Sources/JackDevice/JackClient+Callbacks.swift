import CJACK
import CThreads
import Ground
import Realtime
import Synchronization

// JACK's callbacks that are not real-time: JACK2 calls them on one thread of the client's, the notification thread (the
// first buffer size on the real-time thread, before its first block). libjack refuses calls to the server from there, so
// what takes one, or time, is left to the supervisor.
extension JackClient {
  func setCallbacks(_ client: OpaquePointer) {
    jack_set_process_callback(client, jackProcess, process.address)
    jack_set_thread_init_callback(client, jackThreadInit, nil)
    // PipeWire's libjack knows the one without reasons only; where both are set, JACK's calls the other alone.
    jack_on_shutdown(client, jackShutdownWithoutReason, process.address)
    jack_on_info_shutdown(client, jackShutdown, process.address)
    jack_set_buffer_size_callback(client, bufferSizeChanged, process.address)
    jack_set_sample_rate_callback(client, sampleRateChanged, process.address)
    process.pointee.notesLatency.store(JackLibrary.isPipeWires, ordering: .relaxed)
    jack_set_latency_callback(client, latencyAsked, process.address)
    // The client outlives libjack's: it is kept by its supervisor, which closes it.
    let own = Unmanaged.passUnretained(self).toOpaque()
    jack_set_xrun_callback(client, xrunHappened, own)
    jack_set_freewheel_callback(client, freewheelChanged, own)
    jack_set_port_connect_callback(client, connectionChanged, own)
    jack_set_port_registration_callback(client, portRegistered, own)
  }

  fileprivate func portsConnected(_ a: jack_port_id_t, _ b: jack_port_id_t, _ areConnected: Bool) {
    // A server that stops takes connections apart; what counts is what there was.
    guard !isLost else { return }
    let connection = areConnected ? ownConnection(a, b) : nil
    defer { wakeSupervisor() }
    state.withLock {
      if areConnected {
        $0.book.connected(a, b, connection)
      } else {
        $0.book.disconnected(a, b, time: monotonicNanoseconds())
      }
    }
  }

  fileprivate func portChanged(_ port: jack_port_id_t, _ isThere: Bool) {
    defer { wakeSupervisor() }
    guard !isThere, !isLost, configuration.awaitsPorts else { return }
    let name = name(port)
    state.withLock { $0.book.portLeft(port, name: name) }
  }

  private func name(_ id: jack_port_id_t) -> String? {
    guard let client = process.pointee.client, let port = jack_port_by_id(client, id) else { return nil }
    return jack_port_name(port).map { String(cString: $0) }
  }

  private func ownConnection(_ a: jack_port_id_t, _ b: jack_port_id_t) -> JackConnection? {
    guard let from = name(a), let to = name(b), let own = actualName else { return nil }
    let prefix = "\(own):"
    if to.hasPrefix(prefix + "in_") { return JackConnection(port: String(to.dropFirst(prefix.count)), peer: from) }
    if from.hasPrefix(prefix + "out_") { return JackConnection(port: String(from.dropFirst(prefix.count)), peer: to) }
    return nil
  }

  /// Notes a change only.
  func freewheel(_ isOn: Bool) {
    let conditions: BlockConditions = isOn ? .mayWait : []
    guard process.pointee.conditions.exchange(conditions.rawValue, ordering: .relaxed) != conditions.rawValue else {
      return
    }
    processor.note(.freewheel(isOn))
  }

  fileprivate func wakeSupervisor() { ct_semaphore_post(process.pointee.wake) }
}

/// Does `body` with the client of `context`. jack_client_close cancels the notification thread wherever it is; within
/// `body`, which takes locks, it does not.
private func undisturbed(_ context: UnsafeMutableRawPointer?, _ body: (JackClient) -> Void) {
  var before: Int32 = 0
  pthread_setcancelstate(Int32(PTHREAD_CANCEL_DISABLE), &before)
  body(Unmanaged<JackClient>.fromOpaque(context!).takeUnretainedValue())
  pthread_setcancelstate(before, nil)
}

private func xrunHappened(_ context: UnsafeMutableRawPointer?) -> Int32 {
  undisturbed(context) { $0.processor.note(.xrun) }
  return 0
}

private func freewheelChanged(_ starting: Int32, _ context: UnsafeMutableRawPointer?) {
  undisturbed(context) { $0.freewheel(starting != 0) }
}

private func connectionChanged(
  _ a: jack_port_id_t, _ b: jack_port_id_t, _ connect: Int32, _ context: UnsafeMutableRawPointer?
) {
  undisturbed(context) { $0.portsConnected(a, b, connect != 0) }
}

private func portRegistered(_ port: jack_port_id_t, _ registered: Int32, _ context: UnsafeMutableRawPointer?) {
  undisturbed(context) { $0.portChanged(port, registered != 0) }
}

/// Blocks of another size than prepared are silent by themselves (`JackProcess.process`).
private func bufferSizeChanged(_ count: jack_nframes_t, _ context: UnsafeMutableRawPointer?) -> Int32 {
  let process = context!.assumingMemoryBound(to: JackProcess.self)
  process.pointee.serverBlock.store(Int(count), ordering: .releasing)
  ct_semaphore_post(process.pointee.wake)
  return 0
}

private func sampleRateChanged(_ rate: jack_nframes_t, _ context: UnsafeMutableRawPointer?) -> Int32 {
  let process = context!.assumingMemoryBound(to: JackProcess.self)
  process.pointee.serverRate.store(Int(rate), ordering: .releasing)
  ct_semaphore_post(process.pointee.wake)
  return 0
}
