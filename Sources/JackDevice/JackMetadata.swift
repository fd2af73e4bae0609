import CJACK
import Ground

/// Names, order and groups for graph editors. Servers without metadata ignore it, and so do we; JACK2 forgets it with the
/// client.
struct JackMetadata {
  let client: OpaquePointer
  private let process: UnsafeMutablePointer<JackProcess>

  // The values of JACK_METADATA_…, which are mutable variables in metadata.h.
  private static let prefix = "http://jackaudio.org/metadata/"

  init(client: OpaquePointer, process: UnsafeMutablePointer<JackProcess>) {
    self.client = client
    self.process = process
  }

  func publish() {
    if let subject = clientSubject { set(subject, "icon-name", "audio-input-microphone") }
    let (inputCount, channelCount) = (process.pointee.inputCount, process.pointee.channelCount)
    for (ports, count, name, first) in [
      (process.pointee.inputPorts.base, inputCount, "Input", 0),
      (process.pointee.outputPorts.base, channelCount, "Enhanced", inputCount),
    ] {
      for channel in 0..<count {
        let number = count == 1 ? "" : " \(channel + 1)"
        let (port, order) = (ports[channel], first + channel)
        let subject = jack_port_uuid(port)
        set(subject, "pretty-name", name + number)
        set(subject, "port-group", name)
        set(subject, "signal-type", "AUDIO")
        set(subject, "order", "\(order + 1)", type: "http://www.w3.org/2001/XMLSchema#int")
      }
    }
  }

  private func set(_ subject: jack_uuid_t, _ key: String, _ value: String, type: String = "text/plain") {
    _ = jack_set_property(client, subject, Self.prefix + key, value, type)
  }

  private var clientSubject: jack_uuid_t? {
    guard let text = jack_get_uuid_for_client_name(client, jack_get_client_name(client)) else { return nil }
    defer { jack_free(text) }
    var subject: jack_uuid_t = 0
    return jack_uuid_parse(text, &subject) == 0 ? subject : nil
  }
}
