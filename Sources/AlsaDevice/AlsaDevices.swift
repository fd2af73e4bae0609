import CALSA
import Ground

/// What ALSA can open.
package enum AlsaDevices {
  package struct Device: Sendable, Equatable {
    package let name: String
    /// Lines of ALSA's description joined by commas.
    package let description: String
    package let isInput: Bool
    package let isOutput: Bool
  }

  /// Whether ALSA's library is installed. Opens it.
  package static var hasLibrary: Bool { limpid_alsa_load() }

  /// All PCM devices that have a hint, in ALSA's order. Empty where there is none, and without ALSA's library. Allocates; any thread.
  ///
  /// - Throws: `AlsaError.badConfiguration`.
  package static func list() throws(AlsaError) -> [Device] {
    silenceAlsa()
    guard hasLibrary else { return [] }
    let code = snd_config_update()
    if code < 0 { throw .badConfiguration(reason: String(cString: snd_strerror(code))) }
    var hints: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    guard snd_device_name_hint(-1, "pcm", &hints) >= 0, let hints else { return [] }
    defer { snd_device_name_free_hint(hints) }
    var devices: [Device] = []
    var index = 0
    while let hint = hints[index] {
      index += 1
      guard let name = text(hint, "NAME"), name != "null" else { continue }
      let direction = text(hint, "IOID")
      let description = text(hint, "DESC")?.split(separator: "\n").joined(separator: ", ") ?? ""
      devices.append(
        Device(
          name: name, description: description, isInput: direction != "Output", isOutput: direction != "Input"))
    }
    return devices
  }

  /// Why ALSA found no device of this name, with the status of opening it.
  static func whyNone(_ name: String, _ code: Int32) -> AlsaError {
    do throws(AlsaError) {
      let isKnown = try list().contains { $0.name == name }
      return isKnown ? .badDevice(name: name, reason: String(cString: snd_strerror(code))) : .noSuchDevice(name: name)
    } catch { return error }
  }

  private static func text(_ hint: UnsafeMutableRawPointer, _ key: String) -> String? {
    guard let value = snd_device_name_get_hint(hint, key) else { return nil }
    defer { free(value) }
    return String(cString: value)
  }
}
