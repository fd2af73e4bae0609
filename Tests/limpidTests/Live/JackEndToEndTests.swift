import Enhancement
import Foundation
import Testing
import TestSupport

@testable import limpid

/// The built program in the graph of a real server.
/// limpid jack, from end to end.
@Suite(.serialized) struct JackEndToEndTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func jack(_ server: DummyServer, _ arguments: String...) throws -> LiveProcess {
    try LiveProcess(
      ["jack", "--server", server.name, "--no-start-server", "--model", identity] + arguments, scratch)
  }

  /// Asks until blocks flow. (It answers a moment earlier, while it enters the graph.)
  private func status(_ path: String, until done: ([String: Any]) -> Bool = { _ in true }) throws -> [String: Any] {
    var object: [String: Any] = [:]
    let found = try eventually {
      let answer = try run("ctl", path, "status")
      guard answer.status == 0 else { return false }
      object = try JSONSerialization.jsonObject(with: answer.output) as? [String: Any] ?? [:]
      return object["seconds"] as? Double ?? 0 > 0 && done(object)
    }
    #expect(found, "\(object)")
    return object
  }

  @Test
  func `commands reach the engine, SIGTERM ends it well, its recording plays again to the bit, its settings return`()
    throws
  {
    let server = try DummyServer("a")
    let socket = scratch.path("socket")
    let first = try jack(
      server, "--connect", "--channels", "2", "--json", "--interval", "0.1", "--control", socket, "--record",
      scratch.path("session"))
    let began = try status(socket)
    #expect(began["latency_samples"] as? Int == 1600 && began["channels"] as? Int == 2)
    for command in ["limit 12", "mix 0.5", "steps 2", "bypass on", "bypass off", "learn 0.6", "clear"] {
      #expect(try run("ctl", socket, command).text == "ok\n")
    }
    #expect(try run("ctl", socket, "steps", "99").status == 64)
    let later = try status(socket) { ($0["seconds"] as? Double ?? 0) > 1 && $0["wished_steps"] as? Int == 2 }
    #expect(later["attenuation_limit_db"] as? Double == 12 && later["latency_samples"] as? Int == 1600)
    #expect(first.end(SIGTERM) == 0, "\(first.errors)")
    #expect(!scratch.names.contains("socket"), "the control socket is gone")
    #expect(first.reports.count > 2, "\(first.output)")
    #expect(first.output.split(separator: "\n").count == first.reports.count, "nothing but objects, each on a line")
    #expect(Set(first.reports.compactMap { $0["latency_samples"] as? Int }) == [1600])
    #expect(first.reports.last?["mix"] as? Double == 0.5, "the last word comes at the end")

    let replay = try run("replay", scratch.path("session"), "--model", identity)
    #expect(replay.status == 0 && replay.text.contains("the same to the bit"), "\(replay.errors)")
    let copy = scratch.path("copy.wav")
    #expect(try run("replay", scratch.path("session"), "--model", identity, "-o", copy).status == 0)
    let recorded = try Wave(Data(contentsOf: scratch.url.appendingPathComponent("session/output.wav")))
    let played = try Wave(Data(contentsOf: URL(fileURLWithPath: copy)))
    #expect(played.samples == recorded.samples && recorded.samples.count > 48_000)

    let again = try jack(server, "--control", socket)
    let remembered = try status(socket)
    #expect(remembered["mix"] as? Double == 0.5 && remembered["attenuation_limit_db"] as? Double == 12)
    #expect(
      eventually { again.errors.contains("as in the last run: 2 steps, limit 12.0 dB, mix 0.5") }, "\(again.errors)")
    #expect(again.end(SIGINT) == 0, "Ctrl-C is the usual end of a live run")
    #expect(again.output == "", "without --json standard output stays empty")

    let fresh = try jack(server, "--control", socket, "--fresh")
    #expect(try status(socket)["mix"] as? Double == 1)
    #expect(try run("ctl", socket, "quit").text == "ok\n")
    #expect(fresh.status == 0, "\(fresh.errors)")
    #expect(!fresh.errors.contains("last run"))
  }

  /// One run with a model without learned tokens removed what another had learned; a name that was chosen was forgotten.
  @Test func `what was learned survives a run that cannot use it, and a name that is chosen the restart`() throws {
    let server = try DummyServer("g")
    let socket = scratch.path("socket")
    let noise = try LearnedNoise(
      samples: (0..<16_000).map { 0.1 * sin(0.3 * Float($0)) + 0.1 * sin(0.7 * Float($0)) }, sampleRate: 16_000)
    let profiles = scratch.url.appending(path: "data/limpid/profiles")
    try FileManager.default.createDirectory(at: profiles, withIntermediateDirectories: true)
    try noise.save(to: profiles.appending(path: "tv.safetensors").path)
    let store = StateStore(device: "jack-limpid", environment: ["XDG_STATE_HOME": scratch.path("state")])
    try store.save(
      RememberedSettings(preset: "live", settings: EnhancementSettings(), profile: nil, learned: noise))
    func limpid(_ model: String) throws -> LiveProcess {
      try LiveProcess(
        ["jack", "--server", server.name, "--no-start-server", "--model", model, "--steps", "1", "--control", socket],
        scratch, environment: ["XDG_DATA_HOME": scratch.path("data")])
    }
    let without = try limpid(identity)
    #expect(try status(socket)["learned"] as? Bool == false)
    #expect(without.end(SIGTERM) == 0 && !without.errors.contains("what was learned"), "\(without.errors)")
    let with = try limpid(learning)
    #expect(try status(socket)["learned"] as? Bool == true)
    #expect(eventually { with.errors.contains("what was learned then is removed") }, "\(with.errors)")
    #expect(try run("ctl", socket, "use", "tv").text == "ok\n")
    #expect(try run("ctl", socket, "quit").text == "ok\n" && with.status == 0)
    let again = try limpid(learning)
    #expect(try status(socket)["removed"] as? [String] == ["tv"])
    #expect(try run("ctl", socket, "forget").text == "ok\n")
    #expect(again.end(SIGTERM) == 0 && again.errors.contains("tv removed"), "\(again.errors)")
    #expect(!FileManager.default.fileExists(atPath: store.learnedFile.path))
    #expect(store.load { Issue.record("\($0)") }?.removed == [])
  }

  @Test func `the socket tells the address of the page`() throws {
    let server = try DummyServer("h")
    let socket = scratch.path("socket")
    let process = try jack(server, "--control", socket, "--web", "0")
    _ = try status(socket)
    let page = try run("ctl", socket, "page").text
    #expect(page.hasPrefix("http://127.0.0.1:") && page.contains("/#"))
    #expect(eventually { process.errors.contains("the live page: " + page.dropLast()) }, "\(process.errors)")
    #expect(try run("ctl", socket, "page", "1").status == 64)
    #expect(process.end(SIGTERM) == 0)
  }

  @Test
  func `killed outright it leaves its socket, which the next one replaces; two of one name are told apart`() throws {
    let server = try DummyServer("b")
    let socket = scratch.path("socket")
    let killed = try jack(server, "--control", socket)
    _ = try status(socket)
    let second = try jack(server, "--control", socket)
    #expect(second.status == 73 && second.errors.contains("in use"), "\(second.errors)")
    let third = try jack(server)
    #expect(eventually { third.errors.contains("the client is \"limpid-01\"") }, "\(third.errors)")
    #expect(third.end(SIGTERM) == 0)
    _ = killed.end(SIGKILL)
    #expect(scratch.names.contains("socket"))
    #expect(try run("ctl", socket, "status").status == 66)
    let next = try jack(server, "--control", socket)
    _ = try status(socket)
    #expect(next.end(SIGTERM) == 0, "\(next.errors)")
    #expect(!scratch.names.contains("socket"))
  }

  @Test
  func `with --once it ends where the server stops, with a sentence; otherwise it waits, and can be ended`() throws {
    let server = try DummyServer("c")
    let (one, other) = (scratch.path("one"), scratch.path("other"))
    let once = try jack(server, "--once", "--control", one)
    _ = try status(one)
    let waits = try jack(server, "--control", other)
    _ = try status(other)
    server.stop()
    #expect(once.status == 66)
    #expect(once.errors.contains("limpid: error: the JACK server"), "\(once.errors)")
    #expect(eventually { waits.errors.contains("waiting for it to come back") }, "\(waits.errors)")
    #expect(waits.isRunning)
    #expect(waits.end(SIGTERM) == 0, "\(waits.errors)")
  }

  @Test func `where JACK hangs, the third Ctrl-C ends it at once`() throws {
    let server = try DummyServer("f")
    server.signal(SIGSTOP)
    let process = try jack(server)
    defer { server.signal(SIGCONT) }
    #expect(eventually { process.catches(SIGINT) && process.state == "S" })
    usleep(500_000)  // until it waits for the server
    // One after another: of signals that wait together only one arrives. Two are left unheard.
    for _ in 0..<2 {
      process.signal(SIGINT)
      usleep(200_000)
    }
    #expect(process.isRunning, "\(process.errors)")
    #expect(
      eventually {
        process.signal(SIGINT)
        return !process.isRunning
      })
    #expect(process.status == 130)
  }

  @Test func `--explain-latency tells what the running server's blocks give`() throws {
    let server = try DummyServer("d", block: 512)
    let text = try run("jack", "--explain-latency", "--server", server.name, "--model", identity).text
    #expect(text.contains("48000 Hz, blocks of 512") && text.contains("33.33 ms"), "\(text)")
    let listed = try run("devices", "--server", server.name).text
    #expect(listed.contains("A JACK server runs at 48000 Hz, blocks of 512"), "\(listed)")
  }

  @Test func `a reader that goes away ends it; one that does not read does not hold it up`() throws {
    let server = try DummyServer("e")
    let command = "\"$0\" jack --server \"$1\" --no-start-server --model \"$2\" --json --interval 0.1"
    let gone = try run(
      "-c", command + " | head -n 1; exit ${PIPESTATUS[0]}", limpid.path, server.name, identity,
      program: URL(fileURLWithPath: "/bin/bash"), environment: ["XDG_STATE_HOME": scratch.path("state")])
    #expect(gone.status == 0 && gone.text.hasPrefix("{"), "\(gone.errors)")
  }
}
