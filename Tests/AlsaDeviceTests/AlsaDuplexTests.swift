import Foundation
import LiveTestSupport
import Realtime
import Synchronization
import Testing
import TestSupport

@testable import AlsaDevice

/// Real ALSA, without a sound card: its plugins by a configuration of the test's own.
@Suite(.serialized) final class AlsaDuplexTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "limpid-alsa-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let text = """
      pcm.null { type null }
      pcm.microphone {
        type file
        slave.pcm "null"
        file "/dev/null"
        infile "\(folder.path)/in.raw"
        format "raw"
      }
      pcm.speaker {
        type file
        slave.pcm "null"
        file "\(folder.path)/out.raw"
        format "raw"
      }
      pcm.full {
        type file
        slave.pcm "null"
        file "/dev/full"
        format "raw"
      }
      pcm.integers {
        type linear
        slave { pcm "null" format S16_LE }
      }
      pcm.narrow {
        type linear
        slave { pcm "integers" format S16_LE }
      }
      pcm.four {
        type multi
        slaves.a { pcm "null" channels 2 }
        slaves.b { pcm "null" channels 2 }
        bindings {
          0 { slave a channel 0 }
          1 { slave a channel 1 }
          2 { slave b channel 0 }
          3 { slave b channel 1 }
        }
      }
      pcm.compressed {
        type mulaw
        slave { pcm "null" format MU_LAW }
      }
      pcm.plugged {
        type plug
        slave.pcm "four"
      }
      pcm.secret {
        type file
        slave.pcm "null"
        file "/dev/null"
        infile "\(folder.path)/not-there.raw"
      }
      """
    try Data(text.utf8).write(to: folder.appending(path: "asound.conf"))
    setenv("ALSA_CONFIG_PATH", folder.appending(path: "asound.conf").path, 1)
    try? FileManager.default.removeItem(at: folder.appending(path: "out.raw"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func configuration() -> AlsaConfiguration {
    var configuration = AlsaConfiguration()
    configuration.input = "microphone"
    configuration.output = "speaker"
    configuration.period = 128
    return configuration
  }

  private func floats(_ name: String) throws -> [Float] {
    let data = try Data(contentsOf: folder.appending(path: name))
    return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  private func play(_ count: Int) throws -> [Float] {
    let signal = (0..<count).map { Float($0 % 777) / 1024 + 0.001 }
    try signal.withUnsafeBytes { Data($0) }.write(to: folder.appending(path: "in.raw"))
    return signal
  }

  /// ALSA's file plugin gives nothing any more after its file: that ends it, and nothing of it is cut off.
  @Test(arguments: [48_000, 47_999, 100]) func `a file is played to its end`(count: Int) throws {
    let signal = try play(count)
    let standIn = DeviceStandIn(extra: 1000)
    let duplex = AlsaDuplex(configuration(), processor: standIn)
    try duplex.start()
    try wait("its end") { duplex.end != nil }
    #expect(duplex.end == .inputEnded)
    #expect(duplex.format == StreamFormat(sampleRate: 48000, block: 128, channelCount: 1))
    #expect(duplex.description.contains("FLOAT"))
    #expect(duplex.deviceLatencyInSamples >= 3 * 128)
    #expect(duplex.measuredDeviceLatency == nil, "without a clock there is none")
    let played = try floats("out.raw").drop { $0 == 0 }
    #expect(Array(played.prefix(count)) == signal)
    duplex.stop()
  }

  /// It said that the device is gone and back twice a second.
  @Test func `a device that fails at once is said to be gone once`() throws {
    _ = try play(480_000)
    let standIn = DeviceStandIn(extra: 0)
    var full = configuration()
    full.output = "full"
    let duplex = AlsaDuplex(full, processor: standIn)
    try duplex.start()
    // Three attempts of half a second.
    usleep(1_700_000)
    duplex.stop()
    let changes = standIn.events.filter { event in
      if case .lost = event { true } else { event == .returned }
    }
    #expect(changes.count == 1, "\(changes)")
  }

  @Test func `without a clock it is said once and blocks may wait`() throws {
    _ = try play(48000)
    let standIn = DeviceStandIn(extra: 0)
    let duplex = AlsaDuplex(configuration(), processor: standIn)
    try duplex.start()
    try wait("its end") { duplex.end != nil }
    let remarks = standIn.events.filter { if case .remark(let text) = $0 { text.contains("no clock") } else { false } }
    #expect(remarks.count == 1)
    #expect(standIn.events.contains(.freewheel(true)))
    #expect(standIn.line!.blocks.load(ordering: .acquiring) == standIn.line!.waitingBlocks.load(ordering: .acquiring))
  }

  /// `null` never ends; a stop does.
  @Test func `a stop ends an endless device`() throws {
    var endless = configuration()
    endless.input = "null"
    endless.output = "null"
    let duplex = AlsaDuplex(endless, processor: DeviceStandIn(extra: 0))
    try duplex.start()
    duplex.stop()
    #expect(duplex.end == .stopped)
    duplex.stop()
  }

  // MARK: - What devices agree to

  @Test func `where there are no floats there are integers`() throws {
    #expect(try AlsaPCM.open("null", isInput: true, AlsaWish()).format == .float)
    #expect(try AlsaPCM.open("integers", isInput: true, AlsaWish()).format == .s32)
    #expect(try AlsaPCM.open("compressed", isInput: false, AlsaWish()).format == .s32)
  }

  @Test(arguments: AlsaPCM.Access.allCases) func `samples pass by every access`(access: AlsaPCM.Access) throws {
    var wish = AlsaWish()
    wish.channelCount = 2
    for isInput in [true, false] {
      var pcm = try AlsaPCM.open("null", isInput: isInput, wish, accesses: [access])
      #expect(pcm.access == access)
      #expect(pcm.bufferSize >= 3 * 256)
      #expect(pcm.card == nil)
      #expect(pcm.prepare() == 0)
      var bytes = [UInt8](repeating: 0xFF, count: 256 * 2 * 4)
      bytes.withUnsafeMutableBytes { memory in
        if !isInput { #expect(pcm.write(memory.baseAddress!, count: 256) == 256) }
        #expect(pcm.start() == 0)
        if isInput {
          #expect(pcm.waitForInput(256) >= 256)
          #expect(pcm.read(memory.baseAddress!, count: 256) == 256)
        }
      }
      pcm.drop()
    }
  }

  @Test func `a device of four channels takes two`() throws {
    var wish = AlsaWish()
    wish.channelCount = 2
    #expect(try AlsaPCM.open("four", isInput: false, wish).channelCount == 4)
    #expect(try AlsaPCM.open("plugged", isInput: false, wish).channelCount == 2)
  }

  @Test func `every device works together with every other`() throws {
    _ = try play(10_000)
    for input in ["microphone", "integers", "four", "plugged"] {
      for output in ["speaker", "narrow", "compressed", "four", "plugged"] {
        var two = configuration()
        two.input = input
        two.output = output
        two.channelCount = 2
        let standIn = DeviceStandIn(extra: 0)
        let duplex = AlsaDuplex(two, processor: standIn)
        try duplex.start()
        try wait("\(input) to \(output)") { standIn.line!.blocks.load(ordering: .acquiring) > 20 || duplex.end != nil }
        duplex.stop()
        #expect(duplex.end == (input == "microphone" && duplex.end != .stopped ? .inputEnded : .stopped))
      }
    }
  }

  // MARK: - What cannot be

  @Test func `a device that is not there is named`() throws {
    for name in ["nowhere", "hw:7", "hw:77", "hw:CARD=Nobody", "secret"] {
      var wrong = configuration()
      wrong.input = name
      let duplex = AlsaDuplex(wrong, processor: DeviceStandIn(extra: 0))
      #expect(throws: AlsaError.noSuchDevice(name: name)) { try duplex.start() }
      duplex.stop()
    }
    #expect("\(AlsaError.noSuchDevice(name: "nowhere"))".contains("limpid devices"))
  }

  @Test func `the processor's refusal ends the start`() throws {
    _ = try play(100)
    let duplex = AlsaDuplex(configuration(), processor: DeviceStandIn(extra: 0, refusedBlock: 128))
    #expect(throws: DeviceStandIn.Refusal.self) { try duplex.start() }
  }

  @Test func `every error is a sentence with a remedy`() {
    let all: [AlsaError] = [
      .noSuchDevice(name: "hw:1"), .busy(name: "hw:1"), .notAllowed(name: "hw:1"), .noFormat(name: "hw:1"),
      .rateRefused(name: "hw:1", rate: 44100, nearest: 48000),
      .failed(name: "hw:1", doing: "opening it", reason: "Broken pipe"), .noThread,
      .badDevice(name: "hw:1", reason: "No such file or directory"), .badConfiguration(reason: "Invalid argument"),
    ]
    for error in all {
      #expect("\(error)".contains("; "), "\(error)")
      #expect(!"\(error)".contains("\n"))
    }
    #expect("\(all[4])".contains("48000"))
    #expect("\(all[3])".contains("\"plughw:1\""))
  }

  @Test func `devices of one card share their clock`() {
    #expect(SharedClock.isShared(("hw:0", 0), ("plughw:PCH,3", 0)))
    #expect(!SharedClock.isShared(("default", 0), ("default", 1)))
    #expect(SharedClock.isShared(("default", nil), ("default", nil)))
    #expect(!SharedClock.isShared(("pulse", nil), ("hw:0", 0)))
  }

  @Test func `the list of devices needs no device`() throws { _ = try AlsaDevices.list() }
}
