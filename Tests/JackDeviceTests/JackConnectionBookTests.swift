import CJACK
import Testing

@testable import JackDevice

/// Notifications in the order in which servers were seen to send them.
@Suite struct JackConnectionBookTests {
  let microphone = JackConnection(port: "in_1", peer: "Microphone:capture_MONO")
  let second: UInt64 = 1_000_000_000

  /// PipeWire says nothing of a link until sound passes, and only that the port went where it did so while the link rested. The
  /// microphone was not connected again.
  @Test(arguments: [false, true])
  func `a port that went is wanted, whether its connection was ever told of`(isTold: Bool) {
    var book = JackConnectionBook()
    book.restart(wanting: [microphone])
    if isTold { book.connected(37, 40, microphone) } else { book.alreadyThere(microphone) }
    #expect(book.presentConnections == [microphone])
    #expect(book.wanted.isEmpty)
    book.portLeft(36, name: "Microphone:input_MONO")
    #expect(book.wanted.isEmpty)
    book.portLeft(37, name: "Microphone:capture_MONO")
    #expect(book.wanted == [microphone])
    #expect(book.presentConnections.isEmpty)
    #expect(book.connections == [microphone])
  }

  @Test func `a connection that ended just before its port went is wanted`() {
    var book = JackConnectionBook()
    book.connected(37, 40, microphone)
    book.disconnected(37, 40, time: second)
    #expect(book.wanted.isEmpty)
    book.portLeft(37, name: nil)
    #expect(book.wanted == [microphone])
    #expect(book.dropped.isEmpty)
  }

  @Test func `what the user took apart is not wanted`() throws {
    var book = JackConnectionBook()
    book.connected(37, 40, microphone)
    book.disconnected(37, 40, time: second)
    book.settle(try #require(book.dropped.first), comesBack: false)
    book.portLeft(37, name: "Microphone:capture_MONO")
    #expect(book.connections.isEmpty)
  }

  @Test func `a server that goes takes no connection with it that was never told of`() {
    var book = JackConnectionBook()
    book.restart(wanting: [microphone])
    book.alreadyThere(microphone)
    #expect(book.connections == [microphone])
  }

  @Test func `what is refused for half a minute is given up, and the clock begins anew with its port`() {
    var book = JackConnectionBook()
    book.restart(wanting: [microphone])
    for time: UInt64 in [1, 20] { let isOver = book.refused(microphone, time: time * second); #expect(!isOver) }
    book.portLeft(37, name: "Microphone:capture_MONO")
    for time: UInt64 in [40, 60] { let isOver = book.refused(microphone, time: time * second); #expect(!isOver) }
    #expect(book.wanted == [microphone])
    let isOver = book.refused(microphone, time: 71 * second)
    #expect(isOver)
    #expect(book.wanted.isEmpty)
  }
}
