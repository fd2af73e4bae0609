import Enhancement
import Foundation
import LivePage
import Realtime
import Synchronization

/// A live run from its start to its end: engine, device, screen or log, control socket, signals. On the main thread.
final class LiveRun {
  private let name: String  // "limpid jack"
  private let arguments: LiveArguments
  private let plan: LivePlan
  private let engine: LiveEngine
  private let controls: NotedControls
  private let keeper: SettingsKeeper
  private let sentences: Sentences
  private let report: Report
  private var page: LivePageServer?
  /// Whether a signal ended it.
  private var wasInterrupted = false

  /// What the engine and the device have to say, from their threads to the main one.
  private final class Sentences: Sendable {
    let waiting = Mutex<[String]>([])
    func add(_ sentence: String) { waiting.withLock { $0.append(sentence) } }
    func take() -> [String] {
      waiting.withLock { all in
        defer { all = [] }
        return all
      }
    }
  }

  /// - Parameters:
  ///   - name: the command, for people.
  ///   - device: the input device's or client's name, under which the settings are kept.
  init(name: String, device: String, arguments: LiveArguments) throws {
    self.name = name
    self.arguments = arguments
    let sentences = Sentences()
    self.sentences = sentences
    let store = StateStore(device: device)
    let remembered = arguments.fresh ? nil : store.load { sentences.add($0) }
    plan = try LivePlan(arguments, remembered: remembered) { sentences.add($0) }
    engine = try LiveEngine(
      model: plan.model, settings: plan.settings, options: plan.options, remark: { sentences.add($0) })
    controls = NotedControls(engine)
    keeper = SettingsKeeper(store: store, plan: plan)
    report = Report(interval: arguments.interval, isJSON: arguments.json)
  }

  /// Runs until somebody or something ends it; that is a normal end, also by a signal.
  ///
  /// - Parameter makeDevice: given the engine.
  /// - Throws: `Failure` and the engine's and the devices' errors, after everything was ended in order.
  func run(_ makeDevice: (LiveEngine) throws -> any LiveDevice) throws {
    let signals = try SignalPipe.make([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT])
    let device = try makeDevice(engine)
    let page = try servePage()
    self.page = page
    defer { page?.stop() }
    let control = try arguments.control.map { path in
      try ControlSocket(path: path, controls: controls, page: page?.address, quit: { SignalPipe.put(0) })
    }
    defer { control?.stop() }
    do { try device.start() } catch {
      try? engine.stop()
      throw error
    }
    if let facts = device.facts { sentences.add(facts) }
    let terminal = arguments.json ? nil : RawTerminal()
    var failure = loop(device, signals, terminal)
    terminal?.leave()
    // Who cannot wait for the end in order may interrupt again.
    SignalPipe.end(sparesFirst: !wasInterrupted)
    let profile = engine.noiseProfile()
    // Where the device failed between two formats, what was last kept stays.
    let now = engine.status.map { standing($0) }
    device.stop()
    if let measurements = device.measurements { sentences.add(measurements) }
    let last = engine.status
    if let now { keeper.save(now, now.isFrozen ? profile : nil) }
    do { try engine.stop() } catch { failure = failure ?? Failure(error) }
    if let path = arguments.sound.saveNoiseProfile {
      do { try save(profile, path) } catch { failure = failure ?? Failure(error) }
    }
    for sentence in sentences.take() { report.note(sentence) }
    if let problem = keeper.problem { report.note(problem) }
    if let last { report.end(last, name: name) }
    if let failure { throw failure }
  }

  /// - Returns: nil where no page was asked for.
  private func servePage() throws -> LivePageServer? {
    guard let listen = try arguments.page else { return nil }
    let source = PageSource(
      engine: engine, answers: ControlProtocol(controls: controls, quit: { SignalPipe.put(0) }), preset: presetName)
    let page = try LivePageServer(listen, source: source)
    sentences.add("the live page: \(page.address)")
    if !listen.isLoopback {
      sentences.add(
        "the live page can be reached from other machines, without encryption: who can see the network can hear and change what "
          + "runs here; leave the address out to serve this machine alone")
    }
    return page
  }

  private func save(_ profile: NoiseProfile?, _ path: String) throws {
    guard let profile else {
      throw Failure(.badInput, "no noise was heard, so there is no noise profile to save")
    }
    try profile.save(to: path)
  }

  /// - Returns: why the device runs no longer, where it was that.
  private func loop(_ device: any LiveDevice, _ signals: Int32, _ terminal: RawTerminal?) -> Failure? {
    var keys = KeyReader()
    var showsHelp = false
    while true {
      terminal?.enter()
      var polls = [
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        pollfd(fd: terminal?.isRaw == true ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&polls, UInt(polls.count), 100) == 0 { keys.pause() }
      var byte: UInt8 = 0
      while read(signals, &byte, 1) == 1 {
        switch Int32(byte) {
        case SIGTSTP:
          terminal?.leave()
          kill(getpid(), SIGSTOP)
        case SIGCONT: continue  // the terminal is taken again as soon as it is ours
        case 0: return nil  // the control socket's quit
        default:
          wasInterrupted = true
          return nil
        }
      }
      SignalPipe.heard()
      for sentence in sentences.take() {
        say(sentence, terminal)
        page?.announce(sentence)
      }
      if let reason = device.endReason { return Failure(.noInput, reason) }
      if device.hasEnded { return nil }
      guard let status = engine.status else { continue }
      if polls[1].revents != 0 {
        var key: UInt8 = 0
        guard read(STDIN_FILENO, &key, 1) == 1 else { return nil }  // the terminal is gone
        switch keys.key(key).flatMap({ KeyAction($0, status: status) }) {
        case .command(let command): do { try controls.send(command) } catch { sentences.add("\(error)") }
        case .help: showsHelp.toggle()
        case .quit: return nil
        case nil: break
        }
      }
      keeper.note(standing(status)) { engine.noiseProfile() }
      if let terminal {
        terminal.draw(
          StatusScreen.lines(
            status, name: name, place: place(device), columns: terminal.size.columns, showsHelp: showsHelp))
      } else if !report.tick(status) {
        return report.failure
      }
    }
  }

  private func standing(_ status: LiveStatus) -> Standing {
    Standing(
      settings: engine.settings, isFrozen: status.isFrozen, learned: engine.learnedNoise, removed: status.removedNames,
      decided: controls.decided)
  }

  /// For the screen: preset, ports, control socket.
  private func place(_ device: any LiveDevice) -> [String] {
    ["preset \(presetName)", device.ports]
      + (arguments.control.map { ["control \($0)"] } ?? [])
      + (page.map { ["page \($0.address)"] } ?? [])
  }

  private var presetName: String { (plan.preset as NSString).lastPathComponent }

  private func say(_ sentence: String, _ terminal: RawTerminal?) {
    if let terminal, terminal.isRaw {
      terminal.say(sentence)
    } else if arguments.json || terminal != nil {
      report.note(sentence)
    } else {
      report.log(sentence)
    }
  }
}
