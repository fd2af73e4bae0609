import NIOCore
import NIOWebSocket
import Realtime

/// All pages that are connected, and the clock of their updates. What changes is the event loop's alone.
final class ClientHub: @unchecked Sendable {
  let source: any LivePageSource
  let limits: LivePageLimits
  private let loop: any EventLoop

  private var connections = 0
  private var clients: [PageClient] = []
  private var clock: RepeatedTask?
  private var spectra: RollingSpectra?
  private var updates = 0

  init(source: any LivePageSource, limits: LivePageLimits, loop: any EventLoop) {
    self.source = source
    self.limits = limits
    self.loop = loop
  }

  // MARK: - Connections

  func takePlace() -> Bool {
    loop.preconditionInEventLoop()
    guard connections < limits.connections else { return false }
    connections += 1
    return true
  }

  func leavePlace() {
    loop.preconditionInEventLoop()
    connections -= 1
  }

  /// - Returns: false where there are as many as there may be.
  func admit(_ client: PageClient) -> Bool {
    loop.preconditionInEventLoop()
    guard clients.count < limits.clients else { return false }
    clients.append(client)
    introduce(client)
    if clients.count == 1 { begin() }
    return true
  }

  func dismiss(_ client: PageClient) {
    loop.preconditionInEventLoop()
    clients.removeAll { $0 === client }
    if clients.isEmpty { rest() }
  }

  // MARK: - Updates

  private func begin() {
    updates = 0
    clock = loop.scheduleRepeatedTask(initialDelay: .zero, delay: limits.update) { [weak self] _ in self?.update() }
  }

  /// Nobody looks: nothing is computed, and the callback leaves no copies.
  private func rest() {
    clock?.cancel()
    clock = nil
    spectra?.tap.close()
    spectra = nil
  }

  private func update() {
    followTap()
    let status = source.status
    var frames = [WebSocketFrame(fin: true, opcode: .binary, data: UpdateFrame.encoded(status, spectra))]
    if updates % limits.updatesPerDescription == 0, let status {
      frames.append(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: source.description(of: status))))
    }
    updates += 1
    let now = NIODeadline.now()
    for client in clients { client.update(frames, now: now) }
  }

  /// What a command has changed is not to wait for its turn.
  func describeSoon() {
    loop.preconditionInEventLoop()
    updates = 0
  }

  /// Another session, another tap.
  private func followTap() {
    let tap = source.soundTap
    guard tap !== spectra?.tap else { return }
    spectra?.tap.close()
    spectra = tap.map { RollingSpectra($0) }
    tap?.open()
    for client in clients { introduce(client) }
  }

  private func introduce(_ client: PageClient) {
    guard let spectra else { return }
    client.send(spectra.legend)
    client.send("@" + source.facts)
  }

  // MARK: - Other threads

  func announce(_ sentence: String) {
    loop.execute { [self] in for client in clients { client.send("!" + sentence) } }
  }

  /// Says goodbye to all; waits for that.
  func stop() {
    try? loop.submit { [self] in
      for client in clients { client.close(.goingAway, "limpid has ended") }
      rest()
    }.wait()
  }
}
