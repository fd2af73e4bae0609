import CJACK

/// Which connections our ports have, kept from JACK's notifications, because a server that is gone cannot be asked.
struct JackConnectionBook {
  private struct Pair: Hashable {
    var source: jack_port_id_t
    var destination: jack_port_id_t
  }
  /// One that was taken apart, perhaps only because a port or the server is about to go.
  struct Dropped: Equatable {
    let connection: JackConnection
    /// The peer's number; a port of the same name that comes later has another.
    let peer: jack_port_id_t
    /// Nanoseconds of the clock.
    let time: UInt64
  }
  private var present: [Pair: JackConnection] = [:]
  private(set) var dropped: [Dropped] = []
  /// Asked for and not there yet: a port that another client has still to bring back, or a notification on its way.
  private(set) var wanted: Set<JackConnection> = []

  /// What there is, and what there should be.
  var connections: [JackConnection] { Set(present.values).union(wanted).sorted() }
  /// What there is.
  var presentConnections: [JackConnection] { Set(present.values).sorted() }

  /// Asks for these from now on; those that were there belong to a server that is gone.
  mutating func restart(wanting connections: [JackConnection]) {
    present = [:]
    dropped = []
    wanted = Set(connections)
  }

  /// They need not be tried again.
  mutating func giveUp(_ connection: JackConnection) { wanted.remove(connection) }

  /// JACK's notification: two ports were connected; `connection` is nil where neither is ours.
  mutating func connected(_ source: jack_port_id_t, _ destination: jack_port_id_t, _ connection: JackConnection?) {
    guard let connection else { return }
    present[Pair(source: source, destination: destination)] = connection
    wanted.remove(connection)
    dropped.removeAll { $0.connection == connection }
  }

  /// JACK's notification: they are no longer. A port that is gone has no name any more, so numbers must do.
  mutating func disconnected(_ source: jack_port_id_t, _ destination: jack_port_id_t, time: UInt64) {
    guard let connection = present.removeValue(forKey: Pair(source: source, destination: destination)) else { return }
    dropped.append(
      Dropped(connection: connection, peer: connection.isInput ? source : destination, time: time))
  }

  /// Takes note of what became of one that was taken apart.
  ///
  /// - Parameter comesBack: whether it is to be made again.
  mutating func settle(_ one: Dropped, comesBack: Bool) {
    guard let index = dropped.firstIndex(of: one) else { return }
    dropped.remove(at: index)
    if comesBack { wanted.insert(one.connection) }
  }

  /// The server is gone. What was taken apart in the second before was its doing: PipeWire removes the links first.
  mutating func serverLeft(time: UInt64) {
    for one in dropped where time < one.time + 1_000_000_000 { wanted.insert(one.connection) }
    dropped = []
  }
}
