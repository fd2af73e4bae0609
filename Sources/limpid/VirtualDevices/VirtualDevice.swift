/// A device that Limpid adds to those that every program can choose; limpid runs between it and a real one.
enum VirtualDevice: String, CaseIterable {
  /// What one says, clean for the others.
  case microphone
  /// What the others say, clean for oneself: loudspeakers or headphones.
  case output

  /// The sound server's name of it.
  var nodeName: String { "limpid-\(rawValue)" }

  /// The JACK client's between it and the real one, under which the settings are kept.
  var clientName: String {
    switch self {
    case .microphone: "limpid-enhancer"
    case .output: "limpid-output-enhancer"
    }
  }

  /// systemd's unit that runs limpid.
  var unit: String { "\(nodeName).service" }

  /// The file name of that limpid's control socket, in the runtime folder.
  var socketName: String { nodeName }

  /// The control socket of the unit's limpid.
  var socket: String { UserFolders.runtime() + "/" + socketName }

  /// What programs show.
  static func description(of real: String) -> String { "Limpid (\(real))" }

  // MARK: - For people

  /// What is said of it where a program uses it, and where none does.
  var use: (some: String, none: String) {
    switch self {
    case .microphone: ("a program listens", "no program listens")
    case .output: ("a program plays", "no program plays")
    }
  }

  var installCommand: String { "limpid install-\(rawValue)" }
  var removeCommand: String { "limpid remove-\(rawValue)" }
}
