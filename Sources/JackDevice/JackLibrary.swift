import CJACK
import Ground

/// The libjack of this process: JACK's own, or PipeWire's. Opened when it is first needed. Any ordinary thread.
package enum JackLibrary {
  /// Whether one is installed. Opens it.
  package static var isThere: Bool { limpid_jack_load() }
  /// Whether it is PipeWire's, whose server is PipeWire. Opens it.
  package static var isPipeWires: Bool { limpid_jack_is_pipewire() }

  /// PipeWire's own comes before any other from now on. Before anything else is asked of JACK.
  ///
  /// - Throws: `JackError.noLibrary`, `noPipeWireLibrary` where another one is all there is.
  package static func preferPipeWires() throws(JackError) {
    limpid_jack_prefer_pipewire()
    guard isThere else { throw .noLibrary }
    guard isPipeWires else { throw .noPipeWireLibrary }
  }
}
