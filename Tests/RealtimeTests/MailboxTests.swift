import Enhancement
import LiveTestSupport
import Testing

@testable import Realtime

@Suite struct MailboxTests {
  /// A worker that was stuck answered a request that had been given up, and the next one took that answer for its own.
  @Test func `an answer that comes too late is not the next one's`() throws {
    let format = StreamFormat(sampleRate: 16000, block: 160, channelCount: 2)
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    let rig = try Rig(format, settings: settings)
    let input = voiceLike(3 * 16000, rate: 16000, channels: 2)
    for n in 0..<300 {
      rig.callback(Array(input[n * 320..<(n + 1) * 320]))
      rig.work()
    }
    let mailbox = rig.session.profiles
    // The worker takes the request, and stays away for longer than anybody waits.
    var stuck = 0
    #expect(mailbox.ask(nanoseconds: 1_000_000, wake: { stuck = mailbox.request }) == nil)
    let heard = mailbox.ask {
      mailbox.answer(stuck) { 0 }
      rig.work()
    }
    let again = mailbox.ask { rig.work() }
    #expect(again != nil && heard == again)
    #expect(mailbox.request == 0)
  }
}
