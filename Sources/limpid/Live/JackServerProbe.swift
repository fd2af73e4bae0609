import JackDevice
import Realtime

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
