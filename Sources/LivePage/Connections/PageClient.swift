import Ground
import NIOCore
import NIOWebSocket

/// A page's own connection: commands in, updates out.
///
/// In: text, a number that the page chose, a blank, and a line as the control socket takes it ("7 limit 12").
/// Out: binary, `UpdateFrame`; and text, by its first character: "=" the number and what came of the command ("=7 ok"), "{" how
/// things stand, "@" facts that stay, "#" what the bands are, "!" a sentence for people.
final class PageClient: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let hub: ClientHub
  private var context: ChannelHandlerContext?
  private var isClosing = false
  /// When something was last heard of it, and when it was last asked.
  private(set) var heard = NIODeadline.now()
  private var asked = NIODeadline.now()
  /// Since when it has not read what waits for it; nil: it does.
  private var stuck: NIODeadline?

  init(_ hub: ClientHub) { self.hub = hub }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    guard hub.admit(self) else {
      return close(.unknown(1013), "\(hub.limits.clients) pages are open already; close one of them and try again")
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    hub.dismiss(self)
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    hub.dismiss(self)
    context.fireChannelInactive()
  }

  // MARK: - In

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    var frame = Self.unwrapInboundIn(data)
    heard = .now()
    switch frame.opcode {
    case .text:
      var text = frame.unmaskedData
      guard let line = try? text.readUTF8ValidatedString(length: text.readableBytes), let reply = reply(to: line) else {
        return fail(.noCommand)
      }
      send(reply)
      hub.describeSoon()
    case .ping:
      frame = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
      context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    case .connectionClose: close(.normalClosure, "")
    default: break
    }
  }

  /// nil: it is no command of a page.
  private func reply(to message: String) -> String? {
    guard let blank = message.firstIndex(of: " ") else { return nil }
    let number = message[..<blank]
    let line = message[message.index(after: blank)...]
    guard (1...9).contains(number.utf8.count), number.utf8.allSatisfy({ (48...57).contains($0) }), !line.isEmpty,
      line.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 })
    else { return nil }
    return "=\(number) \(hub.source.answer(String(line)))"
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let fault as MessageFault: fail(fault)
    case NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge,
      NIOWebSocketFrameAggregator.Error.tooManyFragments:
      close(
        .messageTooLarge, "a message has at most \(hub.limits.messageBytes) bytes in \(hub.limits.fragments) frames")
    case is NIOWebSocketFrameAggregator.Error: close(.protocolError, "frames of a message come in order")
    case is NIOWebSocketError:
      // WebSocketProtocolErrorHandler has answered, and closes as soon as that is read.
      isClosing = true
      hub.dismiss(self)
      closeSoon(context)
    default: context.close(promise: nil)
    }
  }

  private func fail(_ fault: MessageFault) { close(fault.close.code, fault.close.reason) }

  // MARK: - Out

  func send(_ text: String) { put(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))) }

  private func put(_ frame: WebSocketFrame) {
    guard let context, !isClosing else { return }
    context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
  }

  /// An update, unless it has not read those before. Where it does not read for long, or says nothing, it has to go.
  func update(_ frames: [WebSocketFrame], now: NIODeadline) {
    guard let context, !isClosing else { return }
    if now - heard > hub.limits.silence { return abandon() }
    guard context.channel.isWritable else {
      if now - (stuck ?? now) > hub.limits.slowness { return abandon() }
      stuck = stuck ?? now
      return
    }
    stuck = nil
    for frame in frames { context.write(Self.wrapOutboundOut(frame), promise: nil) }
    if now - asked > hub.limits.ping {
      asked = now
      context.write(Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
    }
    context.flush()
  }

  /// With a sentence for the page; who does not read it is cut off a moment later.
  func close(_ code: WebSocketErrorCode, _ reason: String) {
    guard let context, !isClosing else { return }
    isClosing = true
    hub.dismiss(self)
    var data = context.channel.allocator.buffer(capacity: 2 + reason.utf8.count)
    data.write(webSocketErrorCode: code)
    data.writeString(reason)
    let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    let bound = context.loopBound
    context.writeAndFlush(Self.wrapOutboundOut(frame)).whenComplete { _ in bound.value.close(promise: nil) }
    closeSoon(context)
  }

  /// Whether it reads or not.
  private func closeSoon(_ context: ChannelHandlerContext) {
    let bound = context.loopBound
    context.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.close(promise: nil) }
  }

  /// At once: it would not read a sentence. What it has not read is thrown away by the system, too, instead of being kept for it.
  private func abandon() {
    guard let context else { return }
    isClosing = true
    hub.dismiss(self)
    let bound = context.loopBound
    guard let options = context.channel as? any SocketOptionProvider else { return context.close(promise: nil) }
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: nil) }
  }
}
