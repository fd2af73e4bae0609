import CJACK
import CThreads
import Ground
import Realtime
import Synchronization

// The supervisor: an ordinary thread from the first opening to the end. It alone opens, changes and closes.
extension JackClient {
  func supervise() {
    // libjack's threads inherit the mask: signals stay with the main thread, and a dead server's socket raises no SIGPIPE.
    ct_block_signals()
    ct_name_thread("limpid-jack")
    var client: OpaquePointer
    do {
      client = try open(starts: configuration.startsServer, returningTo: nil)
    } catch {
      return reportStart(error)
    }
    reportStart(nil)
    var toldPriority: String?
    while true {
      waitForNews(1_000_000_000)
      if isStopping {
        close(client)
        return finish(.stopped)
      }
      if isLost {
        let reason = lossReason
        if configuration.awaitsPorts { state.withLock { $0.book.serverLeft(time: monotonicNanoseconds()) } }
        if configuration.reconnects { processor.note(.lost(reason)) }
        // A server that ends in order still tells of other clients' leaving; libjack is best closed after that.
        sleep(nanoseconds: 100_000_000)
        let isClosed = close(client)
        guard configuration.reconnects else { return finish(.serverStopped(reason)) }
        guard isClosed else { return finish(.failed("\(reason), and libjack hangs since; start limpid again")) }
        switch returnToServer() {
        case .client(let new): client = new
        case .end(let end): return finish(end)
        }
        processor.note(.returned)
      }
      do {
        try adapt(client)
      } catch {
        close(client)
        return finish(.failed("\(error)"))
      }
      answerLatencies()
      settleDropped(client)
      connectWanted(client)
      tellPriority(client, &toldPriority)
    }
  }

  /// Says, once blocks flow, that they do so without real-time priority. (libjack takes the priority on the thread itself,
  /// and where that is refused it goes on without a word.)
  ///
  /// - Parameter told: what was said last; a server that comes back as it was says it no second time.
  private func tellPriority(_ client: OpaquePointer, _ told: inout String?) {
    var policy: Int32 = 0
    var parameters = sched_param()
    guard process.pointee.hasRun.load(ordering: .acquiring), !isLost,
      // In freewheel libjack gives the priority back.
      process.pointee.conditions.load(ordering: .relaxed) == 0,
      pthread_getschedparam(jack_client_thread_id(client), &policy, &parameters) == 0
    else { return }
    let remark =
      policy != SCHED_OTHER ? nil : jack_is_realtime(client) != 0 ? Self.refusedPriority : Self.ordinaryServer
    if let remark, remark != told { processor.note(.remark(remark)) }
    told = remark
  }

  private static var ordinaryServer: String {
    "the JACK server runs without real-time priority, so its clients do, too; start it with --realtime if you hear gaps"
  }
  private static var refusedPriority: String {
    "blocks come without real-time priority, which the JACK server wants and the system does not allow; give your user the "
      + "right (group audio, rtprio in /etc/security/limits.d) if you hear gaps"
  }

  private enum Return {
    case client(OpaquePointer)
    case end(End)
  }

  /// Tries every `retryNanoseconds`, without starting a server, until one is there, or `stop()` is called.
  private func returnToServer() -> Return {
    let wanted = state.withLock { $0.book.connections }
    while true {
      let next = monotonicNanoseconds() + retryNanoseconds
      while !isStopping, case let now = monotonicNanoseconds(), now < next { waitForNews(next - now) }
      if isStopping { return .end(.stopped) }
      do {
        return .client(try open(starts: false, returningTo: wanted))
      } catch is JackError {
        continue  // not there yet, or just coming up
      } catch {
        return .end(.failed("\(error)"))
      }
    }
  }

  /// Prepares the processor for what the server changed to. Blocks are silent meanwhile.
  private func adapt(_ client: OpaquePointer) throws {
    let format = serverFormat
    guard format != self.format else { return }
    try prepare(format)
    jack_recompute_total_latencies(client)
  }

  /// What was taken apart a moment ago: by somebody, and then it stays so; or because the peer's port went, and then a patient
  /// client waits for one of that name. (`portLeft` knows of most that went.)
  private func settleDropped(_ client: OpaquePointer) {
    for one in state.withLock({ $0.book.dropped }) where monotonicNanoseconds() > one.time + 300_000_000 {
      let comesBack = configuration.awaitsPorts && jack_port_by_name(client, one.connection.peer) == nil
      state.withLock { $0.book.settle(one, comesBack: comesBack) }
    }
  }

  /// Makes the connections that were not possible before: other clients come back when they like.
  private func connectWanted(_ client: OpaquePointer) {
    for connection in state.withLock({ $0.book.wanted }) where jack_port_by_name(client, connection.peer) != nil {
      do {
        try connect(client, connection)
      } catch {
        guard !isLost else { return }
        let now = monotonicNanoseconds()
        guard state.withLock({ $0.book.refused(connection, time: now) }) else { continue }
        processor.note(.remark("\(error)"))
      }
    }
  }

  private var lossReason: String {
    let status = process.pointee.lost.load(ordering: .acquiring) - 1
    return status & JackClientZombie.rawValue != 0
      ? "the JACK server put the client out, because it answered too late" : "the JACK server stopped"
  }
}
