// Reaches into modules under test, which only debug builds allow.
#if DEBUG
  import Enhancement
  import Foundation
  import Ground
  import LiveTestSupport
  import Synchronization
  import Testing
  import TestSupport

  @testable import LivePage
  @testable import Realtime

  /// A live session at a device's pace, and a page that looks on.
  @Suite struct LiveStateTests {
    /// As the command line's, without its descriptions.
    private final class EngineSource: LivePageSource {
      let engine: LiveEngine
      init(_ engine: LiveEngine) { self.engine = engine }
      var soundTap: SoundTap? { engine.soundTap }
      var status: LiveStatus? { engine.status }
      var facts: String { #"{"networks":"\#(engine.networkNames.joined())"}"# }
      func description(of status: LiveStatus) -> String {
        #"{"bypass":\#(status.settings.bypass),"steps":\#(status.steps)}"#
      }
      func answer(_ line: String) -> String {
        do {
          try engine.send(try EngineCommand(line: line))
          return "ok"
        } catch { return "error: \(error)" }
      }
    }

    /// Plays a tone with bursts until it is ended.
    private final class Player: Sendable {
      let engine: LiveEngine
      private let isEnding = Atomic(false)
      private let hasEnded = DispatchSemaphore(value: 0)
      let format: StreamFormat

      init(_ format: StreamFormat, frequency: Double, model name: String) throws {
        self.format = format
        var options = calm
        options.lendsSound = true
        let engine = try LiveEngine(model: try model(name), settings: EnhancementSettings(), options: options)
        self.engine = engine
        let player = UncheckedBox(try PacedPlayer(processor: engine, format: format, isPaced: true))
        let thread = Thread { [self] in
          var n = 0
          var block = [Float](repeating: 0, count: format.block * format.channelCount)
          while !isEnding.load(ordering: .acquiring) {
            for k in 0..<format.block {
              let isOn = n / (format.sampleRate / 3) % 2 == 0
              let x =
                Float(sin(2 * Double.pi * frequency * Double(n) / Double(format.sampleRate))) * (isOn ? 0.5 : 0.001)
              for channel in 0..<format.channelCount { block[k * format.channelCount + channel] = x }
              n += 1
            }
            block.withUnsafeMutableBufferPointer { player.value.play($0) }
          }
          hasEnded.signal()
        }
        thread.start()
      }

      func end() throws {
        isEnding.store(true, ordering: .releasing)
        hasEnded.wait()
        try engine.stop()
      }
    }

    private struct UncheckedBox<Value>: @unchecked Sendable {
      let value: Value
      init(_ value: Value) { self.value = value }
    }

    /// The header's numbers and the columns of an update.
    private struct Update {
      let input: Double?
      let inputPeak: Double?
      let columns: [(input: [UInt8], output: [UInt8])]

      init(_ bytes: [UInt8]) throws {
        func level(_ at: Int) -> Double? {
          let value = Int16(bitPattern: UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8)
          return value == .min ? nil : Double(value) / 100
        }
        try #require(bytes.count >= 18 && bytes[0] == 1)
        input = level(4)
        inputPeak = level(8)
        let (count, bands) = (Int(bytes[2]), Int(bytes[3]))
        try #require(bytes.count == 18 + 2 * count * bands && bands <= 128)
        columns = (0..<count).map { column in
          let start = 18 + 2 * column * bands
          return (Array(bytes[start..<start + bands]), Array(bytes[start + bands..<start + 2 * bands]))
        }
      }
    }

    private func updates(_ page: RawConnection, seconds: Double) throws -> [Update] {
      var all: [Update] = []
      let end = Date(timeIntervalSinceNow: seconds)
      while end.timeIntervalSinceNow > 0, let (first, payload) = page.nextFrame() {
        if first == 0x82 { all.append(try Update(payload)) }
      }
      return all
    }

    @Test(arguments: [
      StreamFormat(sampleRate: 48_000, block: 256, channelCount: 2),
      StreamFormat(sampleRate: 16_000, block: 64, channelCount: 1),
    ])
    func `a page sees the sound that is played, both sides lined up, and changes what is heard`(format: StreamFormat)
      throws
    {
      let player = try Player(format, frequency: 1000, model: "identity")
      let server = try LivePageServer(EngineSource(player.engine))
      let page = try server.page()
      let legend = try #require(page.nextText("#"))
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(legend.utf8.dropFirst())) as? [String: Any])
      let edges = try #require(object["edges_hz"] as? [Double])
      #expect(edges.count == 97 && edges[0] == 0 && edges[96] == min(20_000, Double(format.sampleRate) / 2))
      #expect(page.nextText("@")?.contains("networks") == true)

      page.say("1 bypass on")
      #expect(page.nextText("=1") == "=1 ok")
      #expect(eventually { page.nextText("{")?.contains(#""bypass":true"#) == true }, "how things stand says so")
      _ = try updates(page, seconds: 0.5)  // the cross-fade is over
      let all = try updates(page, seconds: 2)
      let columns = all.flatMap(\.columns)
      #expect(all.count >= 20 && columns.count >= 40, "20 updates and 40 columns a second, fewer on a busy machine")
      #expect(all.contains { abs(($0.input ?? -100) + 9) < 3 }, "half of full scale as a sine is −9 dB")
      #expect(all.contains { abs(($0.inputPeak ?? -100) + 6) < 0.1 })
      // Bypass gives the input, later. Lined up, both sides are the same to the byte.
      // Where a busy machine plays spans dry, these are faded at their ends.
      let equal = columns.count { $0.input == $0.output }
      let dry = try #require(player.engine.status).counters.dry
      #expect(
        equal == columns.count || dry > 0 && equal > columns.count / 2, "\(equal) of \(columns.count); dry \(dry)")
      let loud = try #require(columns.max { Int($0.input.max()!) < Int($1.input.max()!) })
      let band = loud.input.indices.max { loud.input[$0] < loud.input[$1] }!
      // A band is made of whole bins, about 30 Hz apart.
      #expect(edges[band] <= 1030 && edges[band + 1] >= 970, "the tone is in its band: \(edges[band])")
      let decibels = Double(loud.input[band]) / 255 * 102 - 100
      #expect(abs(decibels + 6) < 1.5, "a sine at half of full scale is at −6 dB: \(decibels)")
      #expect(Set(columns.map { $0.input[band] }).count > 2, "and comes and goes")

      page.say("2 steps 99")
      #expect(page.nextText("=2")?.hasPrefix("=2 error: ") == true, "what the engine refuses is an answer")
      page.say("3 limit 9")
      #expect(page.nextText("=3") == "=3 ok")
      #expect(player.engine.settings.attenuationLimitInDecibels == 9)
      server.stop()
      try player.end()
    }

    @Test func `nothing is copied or computed while nobody looks on`() throws {
      let player = try Player(
        StreamFormat(sampleRate: 48_000, block: 128, channelCount: 1), frequency: 300, model: "identity")
      let server = try LivePageServer(EngineSource(player.engine))
      let tap = try #require(player.engine.soundTap)
      func written() -> Int { tap.rings.pointee.output.writePosition }
      #expect(eventually { player.engine.status?.seconds ?? 0 > 0.2 })
      #expect(written() == 0)
      var page: RawConnection? = try server.page()
      #expect(eventually { written() > 4800 })
      #expect(try updates(page!, seconds: 0.3).contains { !$0.columns.isEmpty })
      page = nil
      // The server hears of it with its next update.
      var last = -1
      #expect(
        eventually {
          usleep(50_000)
          defer { last = written() }
          return last == written()
        })
      let isWanted = tap.rings.pointee.isWanted.load(ordering: .relaxed)
      #expect(!isWanted)
      page = try server.page()
      let again = try updates(page!, seconds: 0.5).flatMap(\.columns)
      #expect(again.count > 4, "and it begins again")
      server.stop()
      try player.end()
    }
  }
#endif
