import NIOCore
import NIOWebSocket

/// Refuses frames that RFC 6455 does not allow a client, and too many of them, before anything is made of them.
final class FrameCheck: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame

  private let limits: LivePageLimits
  private var credit: Double
  private var last = NIODeadline.now()

  init(_ limits: LivePageLimits) {
    self.limits = limits
    credit = limits.burst
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = Self.unwrapInboundIn(data)
    if let fault = fault(of: frame) { return context.fireErrorCaught(fault) }
    context.fireChannelRead(data)
  }

  private func fault(of frame: WebSocketFrame) -> MessageFault? {
    let now = NIODeadline.now()
    credit = min(limits.burst, credit + Double((now - last).nanoseconds) * 1e-9 * limits.framesPerSecond) - 1
    last = now
    if credit < 0 { return .tooMany }
    if frame.maskKey == nil { return .notMasked }
    if !frame.reservedBits.isEmpty { return .reserved }
    switch frame.opcode {
    case .continuation, .text, .connectionClose, .ping, .pong: return nil
    case .binary: return .notText
    default: return .reserved
    }
  }
}

/// What is wrong with what a client sent. Each closes the connection.
enum MessageFault: Error {
  case tooMany, notMasked, reserved, notText, noCommand

  /// As RFC 6455 numbers it, and what the page may show: at most 123 bytes.
  var close: (code: WebSocketErrorCode, reason: String) {
    switch self {
    case .tooMany: (.policyViolation, "too many messages; open the page again")
    case .notMasked: (.protocolError, "a client's frames are masked")
    case .reserved: (.protocolError, "reserved bits and kinds of frames are not used here")
    case .notText: (.unacceptableData, "messages are text")
    case .noCommand: (.dataInconsistentWithMessage, "a message is a number, a blank and a command")
    }
  }
}
