import NIOCore

/// First in every connection: counts it, and bounds the bytes and the time until the request is answered.
final class ConnectionGuard: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let hub: ClientHub
  private var bytes = 0
  private var isCounted = false
  /// Whether it has become a page's own connection, whose bounds are others.
  private var isSettled = false
  private var patience: Scheduled<Void>?

  init(_ hub: ClientHub) { self.hub = hub }

  func settle() {
    isSettled = true
    patience?.cancel()
  }

  func channelActive(context: ChannelHandlerContext) {
    guard hub.takePlace() else { return context.close(promise: nil) }
    isCounted = true
    let bound = context.loopBound
    patience = context.eventLoop.scheduleTask(in: hub.limits.handshake) { bound.value.close(promise: nil) }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isSettled {
      bytes += Self.unwrapInboundIn(data).readableBytes
      guard bytes <= hub.limits.requestBytes else { return refuse(context) }
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    patience?.cancel()
    if isCounted { hub.leavePlace() }
    isCounted = false
    context.fireChannelInactive()
  }

  private func refuse(_ context: ChannelHandlerContext) {
    let text = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    let bound = context.loopBound
    context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in
      bound.value.close(promise: nil)
    }
  }
}
