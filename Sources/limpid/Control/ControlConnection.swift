import Foundation
import Ground

/// A connection to a control socket, from the outside. One thread.
struct ControlConnection {
  let path: String
  private let descriptor: Int32

  /// - Throws: `Failure` where nobody listens.
  init(_ path: String) throws {
    self.path = path
    descriptor = try Self.call(path)
  }

  /// Where many call at once, it may take some tries until there is room in the queue: five seconds of them.
  private static func call(_ path: String) throws -> Int32 {
    for _ in 0..<250 {
      switch try SocketCall(path) {
      case .connected(let descriptor): return descriptor
      case .busy: usleep(20_000)
      case .refused, .missing:
        throw Failure(
          .noInput, "\(path): no limpid listens there; start limpid live or limpid jack with --control \(path)")
      case .failed(let reason):
        throw Failure(.noInput, "\(path): cannot be opened (\(reason)); use it as who started limpid")
      }
    }
    throw Failure(.inputOutput, "\(path): limpid is too busy to answer; try again")
  }

  func close() { Ground.close(descriptor) }

  /// Sends a line and waits for its answer, at most five seconds.
  ///
  /// - Throws: `Failure`.
  func ask(_ line: String) throws -> String {
    guard !line.contains(where: \.isNewline) else {
      throw Failure(.usage, "a command is one line; send one after the other")
    }
    let request = UnblockedOutput(descriptor)
    guard request.put(line + "\n") == 0, request.flush(patience: 5000) == 0 else {
      throw Failure(.inputOutput, "\(path): limpid has closed the connection; see whether it still runs")
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !answer.contains(10) {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wait, 1, 5000)
      if ready < 0 && errno == EINTR { continue }
      let count = ready == 1 ? recv(descriptor, &buffer, buffer.count, 0) : 0
      guard count > 0 else {
        throw Failure(.inputOutput, "\(path): limpid does not answer; see whether it still runs")
      }
      answer += buffer[..<count]
    }
    return String(decoding: answer.prefix { $0 != 10 }, as: UTF8.self)
  }
}
