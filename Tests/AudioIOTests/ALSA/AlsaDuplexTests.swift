import Foundation
import Synchronization
import Testing

@testable import AudioIO

/// Real ALSA, without a sound card: its plugins `file` and `null` by a configuration of the test's own.
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
      """
    try Data(text.utf8).write(to: folder.appending(path: "asound.conf"))
    // ALSA reads it once a process.
    setenv("ALSA_CONFIG_PATH", folder.appending(path: "asound.conf").path, 1)
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

  @Test func whatTheInputPlaysComesOutOfTheOutput() throws {
    let signal = (0..<48000).map { Float($0 % 777) / 1024 + 0.001 }
    try signal.withUnsafeBytes { Data($0) }.write(to: folder.appending(path: "in.raw"))
    try? FileManager.default.removeItem(at: folder.appending(path: "out.raw"))
    let standIn = JackStandIn(extra: 0)
    let duplex = AlsaDuplex(configuration(), processor: standIn)
    try duplex.start()
    #expect(duplex.format == StreamFormat(sampleRate: 48000, block: 128, channelCount: 1))
    #expect(duplex.description.contains("FLOAT"))
    try wait("a second of sound") { try floats("out.raw").count > 50000 }
    duplex.stop()
    #expect(duplex.end == .stopped)
    // The stand-in delays by a block; before that there is the primed silence.
    let played = try floats("out.raw").drop { $0 == 0 }
    #expect(Array(played.prefix(47000)) == Array(signal.prefix(47000)))
  }

  @Test func aDeviceThatIsNotThereIsNamed() throws {
    var wrong = configuration()
    wrong.input = "nowhere"
    let duplex = AlsaDuplex(wrong, processor: JackStandIn(extra: 0))
    #expect(throws: AlsaError.noSuchDevice(name: "nowhere")) { try duplex.start() }
    #expect("\(AlsaError.noSuchDevice(name: "nowhere"))".contains("limpid devices"))
  }

  @Test func theListOfDevicesNeedsNoDevice() { _ = AlsaDevices.list() }
}
