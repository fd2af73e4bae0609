import Ground
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// One page on one port: what a running engine does, and controls for it.
///
/// A thread of its own serves all clients; it reads the sound from a `SoundTap`, which the audio never waits for, and does
/// nothing while nobody is connected. Who has the token may look and change; nobody else gets more than the page itself,
/// which holds nothing.
package final class LivePageServer: Sendable {
  /// What to open, with the token: `http://127.0.0.1:8080/#…`. The part after `#` is never sent: not to this server, not as a
  /// referrer.
  package let address: String
  /// The port that was taken.
  package let port: Int
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let hub: ClientHub

  /// Begins to listen.
  ///
  /// - Throws: `LivePageError`.
  package convenience init(_ listen: ListenAddress, source: any LivePageSource) throws {
    try self.init(listen, source: source, limits: LivePageLimits())
  }

  init(_ listen: ListenAddress, source: any LivePageSource, limits: LivePageLimits) throws {
    let token = AccessToken()
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let hub = ClientHub(source: source, limits: limits, loop: group.next())
    self.hub = hub
    do {
      channel = try Self.bind(listen, group, hub, token)
    } catch {
      try? group.syncShutdownGracefully()
      throw error
    }
    port = channel.localAddress?.port ?? listen.port
    address = "http://\(listen.reachable):\(port)/#\(token.text)"
  }

  /// Closes all connections and the port, and waits for that. Once.
  package func stop() {
    try? channel.close().wait()
    hub.stop()
    try? group.syncShutdownGracefully()
  }

  /// Shows a sentence on every page. Any thread; waits for nothing.
  package func announce(_ sentence: String) { hub.announce(sentence) }

  private static func bind(
    _ listen: ListenAddress, _ group: MultiThreadedEventLoopGroup, _ hub: ClientHub, _ token: AccessToken
  ) throws -> any Channel {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 32)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.so_sndbuf), value: 1 << 16)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: hub.limits.unreadBytes / 2, high: hub.limits.unreadBytes)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let port = channel.localAddress?.port ?? listen.port
          try open(channel, RequestGate(listen: listen, port: port, token: token), hub)
        }
      }
    do {
      return try bootstrap.bind(to: SocketAddress(ipAddress: listen.host, port: listen.port)).wait()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw LivePageError.inUse(address: listen.host, port: listen.port)
    } catch let error as IOError {
      throw LivePageError.cannotListen(
        address: listen.host, port: listen.port, reason: systemReason(error.errnoCode))
    }
  }

  /// The steps that bytes of a new connection go through.
  private static func open(_ channel: any Channel, _ gate: RequestGate, _ hub: ClientHub) throws {
    let door = ConnectionGuard(hub)
    let pages = PageResponder(gate)
    let loop = channel.eventLoop
    let boundDoor = NIOLoopBound(door, eventLoop: loop)
    let boundPages = NIOLoopBound(pages, eventLoop: loop)
    let upgrader = NIOWebSocketServerUpgrader(
      maxFrameSize: hub.limits.messageBytes,
      shouldUpgrade: { channel, head in
        let answer: HTTPHeaders? =
          gate.refusal(of: head) == nil && head.uri == RequestGate.livePath
          ? ["Sec-WebSocket-Protocol": RequestGate.protocolName] : nil
        return channel.eventLoop.makeSucceededFuture(answer)
      },
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          boundDoor.value.settle()
          try channel.pipeline.syncOperations.addHandlers(
            FrameCheck(hub.limits),
            NIOWebSocketFrameAggregator(
              minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: hub.limits.fragments,
              maxAccumulatedFrameSize: hub.limits.messageBytes),
            PageClient(hub))
        }
      })
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = hub.limits.requestBytes
    limits.maxHeaderListSize = hub.limits.requestBytes
    limits.maxHeaderFieldCount = 64
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(door)
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false,
      withServerUpgrade: (
        upgraders: [upgrader],
        completionHandler: { context in
          context.pipeline.syncOperations.removeHandler(boundPages.value, promise: nil)
        }
      ), withErrorHandling: true, withOutboundHeaderValidation: true, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(pages)
  }
}

extension ListenAddress {
  /// What to call it from this machine: every address, bound to all of them.
  var reachable: String {
    switch host {
    case "0.0.0.0": "127.0.0.1"
    case "::": "[::1]"
    default: bracketed
    }
  }
}
