import AlsaDevice
import JackDevice
import Realtime

/// A device that runs: JACK or ALSA. Main thread.
protocol LiveDevice: AnyObject, Sendable {
  func start() throws
  func stop()
  /// What it lies between, while it runs: "system:capture_1 to system:playback_1".
  var ports: String { get }
  /// What a person wants to know of it once it runs, a line; nil: nothing.
  var facts: String? { get }
  /// What was measured while it ran, a line; nil: nothing.
  var measurements: String? { get }
  /// Why it runs no longer, a sentence; nil while it does, and at a good end.
  var endReason: String? { get }
  /// Whether it has come to its end, be it a good one.
  var hasEnded: Bool { get }
}

/// A JACK client.
final class JackLiveDevice: LiveDevice {
  private let client: JackClient
  init(_ client: JackClient) { self.client = client }
  func start() throws { try client.start() }
  func stop() { client.stop() }
  var ports: String {
    let connections = client.connections
    func peers(_ prefix: String) -> String {
      let names = connections.filter { $0.port.hasPrefix(prefix) }.map(\.peer)
      return names.isEmpty ? "nothing" : names.prefix(2).joined(separator: "+") + (names.count > 2 ? "+…" : "")
    }
    return peers("in_") + " to " + peers("out_")
  }
  /// Only where the name is another than the one asked for.
  var facts: String? {
    guard let name = client.actualName, name != client.configuration.clientName else { return nil }
    return "the name \"\(client.configuration.clientName)\" is taken, so the client is \"\(name)\""
  }
  var measurements: String? { nil }
  var endReason: String? {
    switch client.end {
    case nil, .stopped: nil
    case .serverStopped(let reason): "\(reason); start it again, or leave out --once to wait for it"
    case .failed(let sentence): sentence
    }
  }
  var hasEnded: Bool { client.end != nil }
}

/// Two ALSA devices.
final class AlsaLiveDevice: LiveDevice {
  private let duplex: AlsaDuplex
  init(_ duplex: AlsaDuplex) { self.duplex = duplex }
  func start() throws { try duplex.start() }
  func stop() { duplex.stop() }
  var ports: String { duplex.description }
  var facts: String? {
    guard let format = duplex.format else { return nil }
    return duplex.description
      + "; the devices' buffers add " + Self.duration(duplex.deviceLatencyInSamples, at: format.sampleRate)
  }
  /// Only where a clock tells.
  var measurements: String? {
    guard let format = duplex.format, let measured = duplex.measuredDeviceLatency else { return nil }
    return "at the end the devices' buffers added " + Self.duration(measured, at: format.sampleRate)
  }
  private static func duration(_ samples: Int, at rate: Int) -> String {
    String(format: "%.1f ms (%d samples)", Double(samples) / Double(rate) * 1000, samples)
  }
  var endReason: String? {
    switch duplex.end {
    case .failed(let sentence): sentence
    case nil, .stopped, .inputEnded: nil
    }
  }
  var hasEnded: Bool { duplex.end != nil }
}

/// Asks a JACK server what it runs at, by entering its graph for a moment; it hears and plays nothing.
final class JackServerProbe: BlockProcessor {
  private struct Answer: Error { let format: StreamFormat }

  func prepare(_ format: StreamFormat) throws -> PreparedStream { throw Answer(format: format) }
  func note(_ event: DeviceEvent) {}

  /// - Parameter server: its name; nil: the default one's.
  /// - Returns: nil where no server runs, or JACK's library is not installed.
  /// - Throws: `JackError` where one runs and refuses.
  static func format(server: String?, channelCount: Int = 1) throws -> StreamFormat? {
    var configuration = JackConfiguration()
    configuration.clientName = "limpid-probe"
    configuration.serverName = server
    configuration.startsServer = false
    configuration.channelCount = channelCount
    do {
      try JackClient(configuration, processor: JackServerProbe()).start()
      return nil  // not reached: `prepare` always throws
    } catch let answer as Answer {
      return answer.format
    } catch JackError.noServer {
      return nil
    } catch JackError.noLibrary {
      return nil
    }
  }
}
