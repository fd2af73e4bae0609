import CJACK

/// Which connections our ports have, kept from JACK's notifications, because a server that is gone cannot be asked.
struct JackConnectionBook {
  private struct Pair: Hashable {
    var source: jack_port_id_t
    var destination: jack_port_id_t
  }
  private var present: [Pair: JackConnection] = [:]
  /// Asked for and not there yet: a port that another client has still to bring back, or a notification on its way.
  private(set) var wanted: Set<JackConnection> = []

  /// What there is, and what there should be.
  var connections: [JackConnection] { Set(present.values).union(wanted).sorted() }
  /// What there is.
  var presentConnections: [JackConnection] { Set(present.values).sorted() }

  /// Asks for these from now on; those that were there belong to a server that is gone.
  mutating func restart(wanting connections: [JackConnection]) {
    present = [:]
    wanted = Set(connections)
  }

  /// They need not be tried again.
  mutating func giveUp(_ connection: JackConnection) { wanted.remove(connection) }

  /// JACK's notification: two ports were connected; `connection` is nil where neither is ours.
  mutating func connected(_ source: jack_port_id_t, _ destination: jack_port_id_t, _ connection: JackConnection?) {
    guard let connection else { return }
    present[Pair(source: source, destination: destination)] = connection
    wanted.remove(connection)
  }

  /// JACK's notification: they are no longer. A port that is gone has no name any more, so numbers must do.
  mutating func disconnected(_ source: jack_port_id_t, _ destination: jack_port_id_t) {
    present[Pair(source: source, destination: destination)] = nil
  }
}
