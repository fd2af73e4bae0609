import NIOCore
import NIOHTTP1

/// Answers a request with one of the page's files, or with a sentence, and closes the connection.
final class PageResponder: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let gate: RequestGate
  private var hasAnswered = false

  init(_ gate: RequestGate) { self.gate = gate }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = Self.unwrapInboundIn(data), !hasAnswered else { return }
    hasAnswered = true
    if let refusal = gate.refusal(of: head) {
      return answer(context, head, refusal.status, "text/plain; charset=utf-8", Array("\(refusal.sentence)\n".utf8))
    }
    guard let file = PageFile(path: head.uri) else {
      let isLive = head.uri == RequestGate.livePath
      return answer(
        context, head, isLive ? .upgradeRequired : .notFound, "text/plain; charset=utf-8",
        Array((isLive ? "this address is for the page's own connection\n" : "there is no such page; open /\n").utf8))
    }
    answer(context, head, .ok, file.type, file.bytes)
  }

  private func answer(
    _ context: ChannelHandlerContext, _ head: HTTPRequestHead, _ status: HTTPResponseStatus, _ type: String,
    _ bytes: [UInt8]
  ) {
    var headers = Self.headers(host: head.headers.first(name: "Host") ?? "", isAdmitted: status == .ok)
    headers.add(name: "Content-Type", value: type)
    headers.add(name: "Content-Length", value: "\(bytes.count)")
    if status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
    if status == .upgradeRequired { headers.add(name: "Upgrade", value: "websocket") }
    context.write(
      Self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    if head.method != .HEAD {
      context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
    }
    let bound = context.loopBound
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
  }

  /// - Parameter isAdmitted: whether `host` passed the gate, so that it may stand in an answer.
  private static func headers(host: String, isAdmitted: Bool) -> HTTPHeaders {
    // 'self' covers ws: in today's browsers; older ones want it named.
    let connect = isAdmitted ? "'self' ws://\(host)" : "'none'"
    return [
      "Connection": "close",
      "Cache-Control": "no-store",
      "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src \(connect); "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
    ]
  }

  /// A request that is none has had its answer (`HTTPServerProtocolErrorHandler`), or gets it as a request that is no
  /// upgrade.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError { context.close(promise: nil) }
  }
}

/// What the page is made of.
struct PageFile {
  let type: String
  let bytes: [UInt8]

  init?(path: String) {
    switch path {
    case "/": (type, bytes) = ("text/html; charset=utf-8", PackageResources.page_html)
    case "/page.css": (type, bytes) = ("text/css; charset=utf-8", PackageResources.page_css)
    case "/page.js": (type, bytes) = ("text/javascript; charset=utf-8", PackageResources.page_js)
    default: return nil
    }
  }
}
