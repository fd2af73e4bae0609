import NIOCore

/// How much the server bears. What is beyond is refused or closed, so that memory and work stay bounded whatever is sent.
struct LivePageLimits: Sendable {
  /// Pages that are connected.
  var clients = 8
  /// Connections of all kinds, those that have not said anything yet included.
  var connections = 32
  /// Bytes of a request with all its headers.
  var requestBytes = 8192
  /// Time from the connection to the end of the request, and of the response.
  var handshake = TimeAmount.seconds(5)
  /// Bytes of a frame, and of a message in several: a line of the control socket and its number (page.js has them, too).
  var messageBytes = 4096 + 16
  /// Frames of a message.
  var fragments = 4
  /// Frames a second, and as many at once.
  var framesPerSecond = 30.0
  var burst = 60.0
  /// Bytes that a client has not read yet, beyond what the system keeps for it.
  var unreadBytes = 1 << 17
  /// After that long with so much unread a client is closed.
  var slowness = TimeAmount.seconds(5)
  /// A client is asked whether it is there that often …
  var ping = TimeAmount.seconds(10)
  /// … and closed where nothing was heard of it for so long.
  var silence = TimeAmount.seconds(30)
  /// Between two updates.
  var update = TimeAmount.milliseconds(50)
  /// Updates between two full descriptions.
  var updatesPerDescription = 4

  init() {}
}
