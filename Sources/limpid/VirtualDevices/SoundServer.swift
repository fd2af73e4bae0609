import Foundation
import JackDevice

/// The server that gives this user's programs their microphones.
enum SoundServer {
  case pipeWire, pulseAudio

  /// Which one runs. Where both do, as on Ubuntu 22.04, whose PipeWire carries pictures only, the one that answers PulseAudio's
  /// programs.
  ///
  /// - Throws: `Failure` where neither runs, or pactl is needed and is not there.
  static func current() throws -> SoundServer {
    if PulseAudio.isListening {
      do {
        if try PulseAudio.isServer { return .pulseAudio }
      } catch {
        // PipeWire needs no pactl.
        guard PipeWire.isRunning else { throw error }
      }
    }
    guard PipeWire.isRunning else {
      throw Failure(
        .noInput,
        "neither PipeWire nor PulseAudio runs for you; a virtual microphone or output needs one of them "
          + "(Debian: pipewire, wireplumber, pipewire-jack; or pulseaudio)")
    }
    return .pipeWire
  }
}
