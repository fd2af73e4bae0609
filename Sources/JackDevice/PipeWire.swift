import Ground

/// Whether PipeWire runs for this user: its socket is there.
package enum PipeWire {
  package static var isRunning: Bool {
    func value(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let folder = value("PIPEWIRE_RUNTIME_DIR") ?? value("XDG_RUNTIME_DIR") ?? "/run/user/\(getuid())"
    let name = value("PIPEWIRE_REMOTE") ?? "pipewire-0"
    return access(name.hasPrefix("/") ? name : folder + "/" + name, F_OK) == 0
  }

  /// Clients opened from now on process only while something listens to what they give: PipeWire then lets them, and what
  /// they listen to, rest. What the user has set in PipeWire's own variables stays.
  ///
  /// - Throws: `JackError.noPipeWireLibrary` with another libjack: JACK's own runs all clients always.
  package static func processOnDemand() throws(JackError) {
    guard JackLibrary.isThere else { throw .noLibrary }
    guard JackLibrary.isPipeWires else { throw .noPipeWireLibrary }
    // A passive node, joined by passive links, keeps nothing awake; always-process would keep the node itself.
    setenv("PIPEWIRE_PROPS", "{ node.passive = true node.always-process = false }", 0)
    setenv("PIPEWIRE_LINK_PASSIVE", "1", 0)
  }
}
