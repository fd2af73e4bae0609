import Foundation
import Logging

/// A log of lines: the time, the level, the sentence. (swift-log's own handler names program and module in each.)
struct LineLog: LogHandler {
  let stream: UnblockedOutput
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date().ISO8601Format(.iso8601(timeZone: .current))
    stream.put("\(time) limpid \(event.level): \(event.message)\n")
  }
}
