import CJACK
import Ground
import Realtime
import Synchronization

// One stay at a server: opening, entering the graph, leaving it. The supervisor's thread.
extension JackClient {
  /// - Parameter returningTo: the connections of the stay before; nil at the start, where the configuration says which.
  /// - Throws: `JackError`, or what the processor throws.
  func open(starts: Bool, returningTo wanted: [JackConnection]?) throws -> OpaquePointer {
    let name = configuration.clientName
    let limit = Int(jack_client_name_size()) - 1
    guard !name.isEmpty, name.utf8.count <= limit, !name.contains(":") else {
      throw JackError.badName(name: name, limit: limit)
    }
    var status = JackStatus(rawValue: 0)
    let options = starts ? JackNullOption.rawValue : JackNoStartServer.rawValue
    guard let client = limpid_jack_client_open(name, options, &status, configuration.serverName) else {
      throw failure(status, mayStart: starts)
    }
    do {
      try enter(client, returningTo: wanted)
      return client
    } catch {
      close(client)
      throw error
    }
  }

  /// Leaves the graph. No block is under way afterwards.
  ///
  /// - Returns: false where libjack has not come to an end of it in ten seconds. It can open no client any more then.
  @discardableResult func close(_ client: OpaquePointer) -> Bool {
    // libjack cancels its real-time thread wherever it is: no block may be under way.
    process.pointee.shut()
    return JackClosing(client).finish(nanoseconds: 10_000_000_000)
  }

  private func enter(_ client: OpaquePointer, returningTo wanted: [JackConnection]?) throws {
    process.pointee.client = client
    process.pointee.lost.store(0, ordering: .relaxed)
    process.pointee.hasRun.store(false, ordering: .relaxed)
    process.pointee.serverBlock.store(Int(jack_get_buffer_size(client)), ordering: .relaxed)
    process.pointee.serverRate.store(Int(jack_get_sample_rate(client)), ordering: .relaxed)
    freewheel(false)

    let plan =
      try wanted.map { ($0, nil) }
      ?? JackGraph(client: client).plan(configuration)
    for channel in 0..<configuration.inputCount {
      process.pointee.inputPorts[channel] = try register(client, "in_\(channel + 1)", JackPortIsInput)
    }
    for channel in 0..<configuration.channelCount {
      process.pointee.outputPorts[channel] = try register(client, "out_\(channel + 1)", JackPortIsOutput)
    }
    state.withLock {
      $0.actualName = String(cString: jack_get_client_name(client))
      $0.book.restart(wanting: plan.0)
    }
    try prepare(serverFormat)
    setCallbacks(client)
    guard jack_activate(client) == 0 else { throw JackError.notActivated }
    var connected: Set<JackConnection> = []
    let mayWait = wanted != nil || configuration.awaitsPorts
    for connection in plan.0 where !mayWait || jack_port_by_name(client, connection.peer) != nil {
      do {
        try connect(client, connection)
        connected.insert(connection)
      } catch {
        if !mayWait || isLost { throw error }
      }
    }
    waitUntilNoted(connected)
    JackMetadata(client: client, process: process.address).publish()
    jack_recompute_total_latencies(client)
    if let remark = plan.1 { processor.note(.remark(remark)) }
  }

  /// Until the notifications of our own connections are here, so that `connections` is true once `start()` returns.
  private func waitUntilNoted(_ connections: Set<JackConnection>) {
    for _ in 0..<1000 where !isLost && !state.withLock({ $0.book.wanted.isDisjoint(with: connections) }) {
      sleep(nanoseconds: 1_000_000)
    }
  }

  private func register(
    _ client: OpaquePointer, _ name: String, _ side: JackPortFlags
  ) throws(JackError) -> OpaquePointer {
    // Not terminal: what comes in goes out again, so latencies add up through us.
    guard let port = jack_port_register(client, name, jackAudioType, UInt(side.rawValue), 0) else {
      throw .noPort(name: name)
    }
    return port
  }

  /// What the server runs at, by its last word.
  var serverFormat: StreamFormat {
    StreamFormat(
      sampleRate: process.pointee.serverRate.load(ordering: .acquiring),
      block: process.pointee.serverBlock.load(ordering: .acquiring), channelCount: configuration.channelCount)
  }

  /// Prepares the processor while blocks are silent and none is under way, and lets them flow again.
  func prepare(_ format: StreamFormat) throws {
    process.pointee.shut()
    let stream = try processor.prepare(format)
    process.pointee.open(stream, format)
    state.withLock { $0.format = format }
  }

  func connect(_ client: OpaquePointer, _ connection: JackConnection) throws(JackError) {
    let own = "\(actualName ?? ""):\(connection.port)"
    let (from, to) = connection.isInput ? (connection.peer, own) : (own, connection.peer)
    switch jack_connect(client, from, to) {
    case 0: break  // the notification follows
    case EEXIST: state.withLock { $0.book.alreadyThere(connection) }
    default: throw .notConnected(from: from, to: to)
    }
  }

  private func failure(_ status: JackStatus, mayStart: Bool) -> JackError {
    func has(_ bit: JackStatus) -> Bool { status.rawValue & bit.rawValue != 0 }
    if has(JackServerFailed) {
      let isPipeWires = JackLibrary.isPipeWires
      let runs = PipeWire.isRunning
      let desktop: JackError.Desktop =
        isPipeWires && !runs ? .pipeWireStands : !isPipeWires && runs ? .pipeWireRuns : .plain
      return .noServer(name: serverName, mayStart: mayStart, desktop: desktop)
    }
    let reasons = [
      (JackVersionError, "it speaks another version of JACK's protocol"),
      (JackShmFailure, "its shared memory cannot be reached: does it run as another user?"),
      (JackNameNotUnique, "the name is taken"), (JackServerError, "it does not answer"),
    ]
    let reason = reasons.first { has($0.0) }?.1 ?? "it gave no reason"
    return .refused(server: serverName, client: configuration.clientName, reason: reason)
  }
}
