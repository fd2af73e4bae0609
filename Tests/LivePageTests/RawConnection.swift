import Foundation

/// A TCP connection to a server of this machine, byte by byte: what no browser would send can be sent.
final class RawConnection: @unchecked Sendable {
  private let descriptor: Int32
  /// What was received and not taken yet.
  private(set) var received: [UInt8] = []

  struct Failed: Error {}

  /// - Parameter receiveBuffer: bytes that the system keeps for a reader that does not read; nil: the usual.
  init(port: Int, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw Failed()
    }
  }

  deinit { close(descriptor) }

  func put(_ text: String) { put(Array(text.utf8)) }

  /// All of it, or until the other end is gone.
  func put(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      done += count
    }
  }

  /// Receives more.
  ///
  /// - Returns: false at the end of the connection, or where nothing came in time.
  @discardableResult
  func receive(seconds: Double = 10) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, Int32(seconds * 1000)) == 1 else { return false }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }

  /// Whether the other end closes in time; what it says until then is in `received`.
  func isClosed(within seconds: Double) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while end.timeIntervalSinceNow > 0 {
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, 100) == 1 else { continue }
      if !receive(seconds: 0) { return true }
    }
    return false
  }

  /// The head of an HTTP response, taken; nil: none came.
  func responseHead() -> String? {
    let mark = Array("\r\n\r\n".utf8)
    while true {
      if let end = received.firstRange(of: mark) {
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
        received.removeSubrange(..<end.upperBound)
        return head
      }
      guard receive() else { return nil }
    }
  }

  /// The number in an HTTP response's first line; nil: there is none.
  func status() -> Int? {
    responseHead().flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
  }

  // MARK: - WebSocket

  /// One frame as a client has it.
  ///
  /// - Parameters:
  ///   - first: the first byte: FIN, reserved bits, kind.
  ///   - claimed: the length that is stated; nil: the true one.
  static func frame(_ first: UInt8, _ payload: [UInt8], isMasked: Bool = true, claimed: UInt64? = nil) -> [UInt8] {
    let length = claimed ?? UInt64(payload.count)
    let bit: UInt8 = isMasked ? 0x80 : 0
    var bytes: [UInt8] = [first]
    if length < 126 {
      bytes.append(bit | UInt8(length))
    } else if length < 65_536 {
      bytes += [bit | 126, UInt8(length >> 8), UInt8(length & 255)]
    } else {
      bytes.append(bit | 127)
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(length >> UInt64(shift) & 255)) }
    }
    guard isMasked else { return bytes + payload }
    let mask: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
  }

  func say(_ text: String) { put(Self.frame(0x81, Array(text.utf8))) }

  /// The next frame of the server, taken; nil: the connection ended.
  func nextFrame() -> (first: UInt8, payload: [UInt8])? {
    while true {
      if received.count >= 2 {
        var start = 2
        var length = Int(received[1] & 127)
        if length == 126 { start = 4 } else if length == 127 { start = 10 }
        if received.count >= start {
          if start > 2 { length = received[2..<start].reduce(0) { $0 << 8 | Int($1) } }
          if received.count >= start + length {
            let frame = (received[0], Array(received[start..<start + length]))
            received.removeSubrange(..<(start + length))
            return frame
          }
        }
      }
      guard receive() else { return nil }
    }
  }

  /// The next text that begins with this; what comes before it is passed over.
  func nextText(_ prefix: String) -> String? {
    while let (first, payload) = nextFrame() {
      let text = String(decoding: payload, as: UTF8.self)
      if first == 0x81, text.hasPrefix(prefix) { return text }
    }
    return nil
  }

  /// The code and the reason with which the server closes; nil: it just did.
  func nextClose() -> (code: Int, reason: String)? {
    while let (first, payload) = nextFrame() {
      if first == 0x88, payload.count >= 2 {
        return (Int(payload[0]) << 8 | Int(payload[1]), String(decoding: payload[2...], as: UTF8.self))
      }
    }
    return nil
  }
}
