import Foundation
import Realtime
import Testing
import TestSupport

@testable import AlsaDevice
@testable import limpid

/// limpid live, jack, ctl, replay, devices: wrong use.
@Suite struct LiveUsageTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func refused(_ arguments: [String], status: Int32 = 64, _ words: String...) throws {
    let process = Process()
    process.executableURL = limpid
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": scratch.path("state")]) { $1 }
    let (out, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = out
    process.standardError = errors
    try process.run()
    let output = out.fileHandleForReading.readDataToEndOfFile()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == status, "\(arguments): \(text)")
    #expect(text.hasPrefix("limpid: error: ") && text.filter { $0 == "\n" }.count == 1, "\(arguments): \(text)")
    for word in words { #expect(text.contains(word), "\(arguments): \(text)") }
    #expect(output.isEmpty)
  }

  @Test func `values out of range and options that do not go together are one sentence`() throws {
    for command in ["live", "jack"] {
      try refused([command, "--channels", "0"], "--channels 0", "1 to 32")
      try refused([command, "--allowance", "-1"], "--allowance -1", "0 to 1000 ms")
      try refused([command, "--allowance", "nan"], "--allowance nan")
      try refused([command, "--interval", "0"], "--interval 0", "0.1")
      try refused([command, "--steps", "9"], "9")
      try refused([command, "--mix", "-1"], "0 (the input) to 1")
      try refused([command, "--web", "web"], "--web web", "127.0.0.1:8080")
      try refused([command, "--web", "65536"], "--web 65536")
      try refused([command, "--web", "example.org:80"], "--web example.org:80")
      try refused([command, "--fly"], "--fly", "limpid \(command) --help")
    }
    try refused(["live", "--rate", "7999"], "--rate 7999", "8000 to 192000")
    for option in ["--control", "--record", "--web", "--input", "--output"] {
      try refused(["live", option, ""], "name is empty")
    }
    try refused(["live", "--period", "8"], "--period 8", "16 to 8192")
    try refused(["live", "--periods", "1"], "--periods 1", "2 to 16")
    try refused(["jack", "--connect", "--input", "a:b"], "--connect")
    try refused(["jack", "--input", "a:1", "--input", "a:2"], "--channels 2")
    try refused(["jack", "--connect", "microphone", "--input", "a:1"], "--connect")
    for words in [["--connect", "mic"], ["--connect=mic"]] {
      try refused(["jack"] + words, "--connect 'mic'", "microphone, speakers or both")
    }
    try refused(["jack", "--channels", "2", "--input-channels", "auto"], "--input-channels auto")
    for wrong in ["0", "two", ""] {
      try refused(["live", "--input-channels", wrong], "--input-channels", "auto")
    }
    try refused(["install-microphone", "--channel", "0"], "--channel 0", "1 to 64")
    try refused(["install-microphone", "--", "--fly"], "--fly")
    try refused(["install-microphone", "--", "--record", "session"], "--record", "single run")
    try refused(["install-microphone", "--", "--channels=2"], "--channels", "--channel")
    try refused(["enhance", "x.wav", "--period", "64"], "--realtime")
    try refused(["enhance", "x.wav", "--realtime", "--period", "8"], "--period 8", "16 to 8192")
    try refused(["enhance", "x.wav", "--realtime", "--jobs", "2"], "--jobs")
    #expect(scratch.names == [], "nothing is kept of a run that did not begin")
  }

  @Test func `what is not there is said with the remedy`() throws {
    try refused(["live", "--preset", "nowhere"], status: 78, "nowhere", "there are")
    try refused(["jack", "--no-start-server", "--server", "limpid-none-\(getpid())"], status: 66, "no JACK server")
    try refused(["live", "--input", "limpid-nowhere"], status: 66, "limpid-nowhere", "limpid devices")
    try refused(["replay", scratch.path("none")], status: 66, "no such folder", "--record")
    try refused(["replay", scratch.url.path], status: 65, "no recording")
    try refused(["live", "--input-channels", "1,2"], "--channels 1", "names 2")
    let profile = try scratch.write(Data("mine".utf8), "p.safetensors")
    try refused(["live", "--save-noise-profile", profile], "exists already")
    // Said before the run, not after it.
    try refused(["jack", "--save-noise-profile", scratch.path("none/p.safetensors")], status: 73, "no folder")
    let file = try scratch.write(Data("mine".utf8), "file")
    try refused(["jack", "--control", file, "--no-start-server"], status: 73, "no socket", "--control")
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("mine".utf8))
    let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(taken) }
    var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(taken, $0, length)
        _ = listen(taken, 1)
        _ = getsockname(taken, $0, &length)
      }
    }
    let port = in_port_t(bigEndian: address.sin_port)
    try refused(["jack", "--web", "\(port)", "--no-start-server"], status: 73, "port \(port)", "0 for any")
    try refused(["jack", "--web", "192.0.2.1:8080", "--no-start-server"], status: 73, "192.0.2.1")
  }

  @Test func `ctl says that nobody listens: no such name, a name left over, a file`() throws {
    try refused(["ctl", scratch.path("none"), "status"], status: 66, "no limpid listens", "--control")
    let left = scratch.path("left")
    let descriptor = try newSocket()
    #expect(try withSocketAddress(left) { bind(descriptor, $0, $1) } == 0)
    close(descriptor)
    try refused(["ctl", left, "bypass", "on"], status: 66, "no limpid listens")
    try refused(["ctl", try scratch.write(Data(), "file"), "status"], status: 66, "no limpid listens")
    try refused(["ctl", scratch.path(String(repeating: "x", count: 200)), "status"], status: 73, "bytes")
    try refused(["ctl"], "socket")
  }

  @Test
  func `ctl sends what it is told, from its words or from standard input, and ends with 64 at the first error`() throws
  {
    let controls = StandIn()
    let path = scratch.path("s")
    let socket = try ControlSocket(path: path, controls: controls, quit: {})
    defer { socket.stop() }
    let words = try run("ctl", path, "limit", "12")
    #expect(words.status == 0 && words.text == "ok\n" && words.errors == "")
    let status = try run("ctl", path, "status")
    #expect(status.status == 0)
    #expect((try JSONSerialization.jsonObject(with: status.output) as? [String: Any])?["block"] as? Int == 256)
    let lines = try run("ctl", path, input: Data("steps 2\nfreeze on\n".utf8))
    #expect(lines.status == 0 && lines.text == "ok\nok\n")
    let wrong = try run("ctl", path, input: Data("clear\nfly\nbypass on\n".utf8))
    #expect(
      wrong.status == 64 && wrong.text == "ok\n" && wrong.errors.hasPrefix("limpid: error: ")
        && wrong.errors.contains("fly"))
    #expect(controls.sent == [.attenuationLimit(12), .steps(2), .freeze(true), .clear])
    let two = try run("ctl", path, "clear\nbypass on")
    #expect(two.status == 64 && controls.sent.count == 4)
  }

  @Test func `the help names every command and every option`() throws {
    let all = try run("--help").text
    for word in ["enhance", "live", "jack", "devices", "ctl", "replay"] {
      #expect(all.contains("\n  \(word) "), "\(word)")
    }
    let common = [
      "--preset", "--record", "--control", "--fresh", "--json", "--interval", "--allowance", "--no-adapt",
      "--explain-latency", "--noise-profile", "--seed", "--web",
    ]
    for (command, words) in [
      ("live", common + ["--input", "--output", "--rate", "--period", "--periods", "--channels"]),
      ("jack", common + ["--channels", "--name", "--server", "--no-start-server", "--connect", "--once"]),
      ("replay", ["--output", "--verify", "--model"]), ("devices", ["--json"]), ("enhance", ["--realtime"]),
    ] {
      let text = try run(command, "--help").text
      for word in words { #expect(text.contains(word), "\(command) \(word)") }
    }
  }

  @Test func `--explain-latency prints parts that add up to the stated total, for people and for machines`() throws {
    let text = try run("live", "--explain-latency", "--model", identity, "--rate", "44100", "--period", "441").text
    for word in ["44100 Hz, blocks of 441", "frame", "resamplers", "compute", "total", "device", "heard"] {
      #expect(text.contains(word), "\(text)")
    }
    let json = try run("live", "--explain-latency", "--model", identity, "--json").output
    let object = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
    let parts = try #require(object["parts"] as? [[String: Any]])
    let sum = parts.reduce(0) { $0 + ($1["samples"] as? Double ?? .nan) }
    #expect(object["latency_samples"] as? Int == Int(sum.rounded()))
    #expect(object["latency_samples"] as? Int == 1600, "33.3 ms at 48 kHz, blocks of 256")
    #expect(object["device_samples"] as? Int == 768)
  }

  /// Both were devices that are not there.
  @Test func `an error in ALSA's configuration is told as one`() throws {
    func alsa(_ configuration: String, _ arguments: [String]) throws -> Run {
      try scratch.write(Data(configuration.utf8), ".asoundrc")
      return try run(
        arguments, environment: ["HOME": scratch.url.path, "ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf"])
    }
    for arguments in [["devices"], ["live", "--input", "null"]] {
      let result = try alsa("pcm.x { type plug; slave.pcm { type", arguments)
      #expect(result.status == 66 && result.errors.contains("configuration cannot be read"), "\(result.errors)")
    }
    let broken = try alsa(
      "pcm.broken { type plug; slave.pcm nosuch; hint { show on; description x } }", ["live", "--input", "broken"])
    #expect(broken.status == 66 && broken.errors.contains("\"broken\" cannot be made"), "\(broken.errors)")
  }

  @Test func `devices are listed for people and for machines, also where there are none`() throws {
    let devices = [
      AlsaDevices.Device(name: "hw:1,0", description: "USB", isInput: true, isOutput: false),
      AlsaDevices.Device(name: "default", description: "All", isInput: true, isOutput: true),
    ]
    let lines = DevicesCommand.lines(devices, StreamFormat(sampleRate: 48_000, block: 128, channelCount: 1))
    #expect(lines[0] == "hw:1,0   in       USB" && lines[1] == "default  in, out  All")
    #expect(lines[2].contains("48000 Hz, blocks of 128"))
    #expect(DevicesCommand.lines([], nil) == ["ALSA has no devices here.", "No JACK server runs."])
    let none = "limpid-none-\(getpid())"
    let json = try run("devices", "--json", "--server", none)
    let object = try JSONSerialization.jsonObject(with: json.output) as? [String: Any]
    #expect(json.status == 0 && object?["alsa"] is [Any] && object?["jack"] == nil, "\(json.text)")
    #expect(try run("devices", "--server", none).text.contains("No JACK server runs."))
  }
}
