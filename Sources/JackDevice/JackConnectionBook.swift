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
  /// Made, as JACK said when they were asked for a second time, without a notification: PipeWire sends it with the first sound.
  private var silent: Set<JackConnection> = []
  private(set) var dropped: [Dropped] = []
  /// Asked for and not there yet: a port that another client has still to bring back, or a notification on its way.
  private(set) var wanted: Set<JackConnection> = []
  /// Since when those that are wanted have been refused, nanoseconds of the clock.
  private var refusedSince: [JackConnection: UInt64] = [:]

  /// What there is, and what there should be.
  var connections: [JackConnection] { Set(present.values).union(silent).union(wanted).sorted() }
  /// What there is.
  var presentConnections: [JackConnection] { Set(present.values).union(silent).sorted() }

  /// Asks for these from now on; those that were there belong to a server that is gone.
  mutating func restart(wanting connections: [JackConnection]) {
    present = [:]
    silent = []
    dropped = []
    refusedSince = [:]
    wanted = Set(connections)
  }

  /// JACK refused to make it: perhaps only because its client has registered the port and is not active yet.
  ///
  /// - Returns: whether it is no longer wanted, after half a minute of that.
  mutating func refused(_ connection: JackConnection, time: UInt64) -> Bool {
    let since = refusedSince[connection, default: time]
    refusedSince[connection] = since
    guard time > since + 30_000_000_000 else { return false }
    refusedSince[connection] = nil
    return wanted.remove(connection) != nil
  }

  /// It is there already, as JACK answered.
  mutating func alreadyThere(_ connection: JackConnection) {
    wanted.remove(connection)
    refusedSince[connection] = nil
    if !present.values.contains(connection) { silent.insert(connection) }
  }

  /// JACK's notification: two ports were connected; `connection` is nil where neither is ours.
  mutating func connected(_ source: jack_port_id_t, _ destination: jack_port_id_t, _ connection: JackConnection?) {
    guard let connection else { return }
    present[Pair(source: source, destination: destination)] = connection
    wanted.remove(connection)
    refusedSince[connection] = nil
    silent.remove(connection)
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

  /// JACK's notification: a port went, and its connections are wanted until there is one of its name. PipeWire says no more
  /// than that of connections that rested.
  ///
  /// - Parameter name: what it was called, where JACK still knows.
  mutating func portLeft(_ port: jack_port_id_t, name: String?) {
    var lost = Set(present.filter { $0.key.source == port || $0.key.destination == port }.values)
    present = present.filter { $0.key.source != port && $0.key.destination != port }
    lost.formUnion(silent.filter { $0.peer == name })
    silent.subtract(lost)
    refusedSince = refusedSince.filter { $0.key.peer != name }
    lost.formUnion(dropped.filter { $0.peer == port }.map(\.connection))
    dropped.removeAll { $0.peer == port }
    wanted.formUnion(lost)
  }

  /// The server is gone. What was taken apart in the second before was its doing: PipeWire removes the links first.
  mutating func serverLeft(time: UInt64) {
    for one in dropped where time < one.time + 1_000_000_000 { wanted.insert(one.connection) }
    dropped = []
  }
}
