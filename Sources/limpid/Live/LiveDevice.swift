import AudioIO

/// A device that runs: JACK or ALSA. Main thread.
protocol LiveDevice: AnyObject, Sendable {
  func start() throws
  func stop()
  /// Why it runs no longer, a sentence; nil while it does.
  var endReason: String? { get }
}

/// A JACK client.
final class JackDevice: LiveDevice {
  private let client: JackClient
  init(_ client: JackClient) { self.client = client }
  func start() throws { try client.start() }
  func stop() { client.stop() }
  var endReason: String? {
    switch client.end {
    case nil, .stopped: nil
    case .serverStopped(let reason): "\(reason); start it again, or leave out --once to wait for it"
    case .failed(let sentence): sentence
    }
  }
}

/// Asks a JACK server what it runs at, by entering its graph for a moment; it hears and plays nothing.
final class JackServerProbe: BlockProcessor {
  private struct Answer: Error { let format: StreamFormat }

  func prepare(_ format: StreamFormat) throws -> PreparedStream { throw Answer(format: format) }
  func note(_ event: DeviceEvent) {}

  /// - Parameter server: its name; nil: the default one's.
  /// - Returns: nil where no server runs.
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
    }
  }
}
