import Enhancement
import Foundation
import Realtime
import Synchronization

@testable import LivePage

/// Stands in for the command line: notes the lines, and counts how often it was asked how things stand.
final class SourceStandIn: LivePageSource {
  let lines = Mutex<[String]>([])
  let looks = Atomic(0)
  let description: String
  init(description: String = #"{"seconds":1}"#) { self.description = description }

  let soundTap: SoundTap? = nil
  var status: LiveStatus? {
    looks.add(1, ordering: .relaxed)
    return LiveStatus(
      format: StreamFormat(sampleRate: 48_000, block: 256, channelCount: 1), latencyInSamples: 1584,
      frameDeadline: 0.01, settings: EnhancementSettings())
  }
  let facts = "{}"
  func description(of status: LiveStatus) -> String { description }
  func answer(_ line: String) -> String {
    lines.withLock { $0.append(line) }
    do {
      _ = try EngineCommand(line: line)
      return "ok"
    } catch { return "error: \(error)" }
  }
}

extension LivePageServer {
  /// On any free port of this machine.
  convenience init(_ source: any LivePageSource, limits: LivePageLimits = LivePageLimits()) throws {
    try self.init(try ListenAddress("0"), source: source, limits: limits)
  }

  var token: String { String(address.split(separator: "#")[1]) }

  /// A request to connect as the page makes it; every part can be another one, or, where it is nil, missing.
  func request(
    method: String = "GET", path: String = "/live", version: String = "HTTP/1.1", host: String? = "",
    origin: String? = "", offers: String?? = .none, more: [String] = [],
    upgrade: [String] = [
      "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ]
  ) -> String {
    let own = "127.0.0.1:\(port)"
    var lines = ["\(method) \(path) \(version)"]
    if let host { lines.append("Host: \(host.isEmpty ? own : host)") }
    if let origin { lines.append("Origin: \(origin.isEmpty ? "http://\(own)" : origin)") }
    switch offers {
    case .none: lines.append("Sec-WebSocket-Protocol: limpid, token.\(token)")
    case .some(.some(let text)): lines.append("Sec-WebSocket-Protocol: \(text)")
    case .some(.none): break
    }
    return (lines + upgrade + more).joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// A connection as the page has it.
  func page(receiveBuffer: Int32? = nil) throws -> RawConnection {
    let connection = try RawConnection(port: port, receiveBuffer: receiveBuffer)
    connection.put(request())
    guard connection.status() == 101 else { throw RawConnection.Failed() }
    return connection
  }
}
