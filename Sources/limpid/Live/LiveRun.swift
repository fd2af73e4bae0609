import AudioIO
import Enhancement
import Foundation
import Live
import Logging
import Synchronization

/// A device that runs: JACK or ALSA.
protocol LiveDevice: AnyObject, Sendable {
  func start() throws
  func stop()
  /// Why it runs no longer; nil while it does.
  var endReason: String? { get }
  /// Whether it has come to its end, be it a good one.
  var hasEnded: Bool { get }
}

/// A live run from its start to its end: engine, device, screen or log, control socket, signals. On the main thread.
final class LiveRun {
  private let name: String  // "limpid jack"
  private let arguments: LiveArguments
  private let plan: LivePlan
  private let engine: LiveEngine
  private let store: StateStore
  private let sentences: Sentences

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
    store = StateStore(device: device)
    let sentences = Sentences()
    self.sentences = sentences
    let remembered = arguments.fresh ? nil : store.load { sentences.add($0) }
    plan = try arguments.settings(remembered)
    if let remembered, let preset = try? PresetStore.preset(remembered.preset) {
      let differences = remembered.differences(from: preset.settings)
      if !differences.isEmpty || remembered.preset != "live" {
        let what = [remembered.preset == "live" ? "" : "preset \(remembered.preset)", differences].filter { !$0.isEmpty }
        sentences.add("as in the last run: \(what.joined(separator: ", ")) (--fresh begins anew)")
      }
    }
    engine = try LiveEngine(
      model: plan.model, settings: plan.settings, options: plan.options, remark: { sentences.add($0) })
  }

  /// Prints the latency's parts for a format.
  static func explain(_ format: StreamFormat, plan: LivePlan) throws {
    let budget = try LiveEngine.latencyBudget(format, settings: plan.settings, options: plan.options)
    for part in budget.parts { print(line(part.name, part.samples, budget.sampleRate, part.explanation)) }
    print(line("total", Double(budget.totalInSamples), budget.sampleRate, "constant; the device's own buffers come on top"))
  }

  private static func line(_ name: String, _ samples: Double, _ rate: Int, _ explanation: String) -> String {
    name.padding(toLength: 11, withPad: " ", startingAt: 0)
      + String(format: "%8g samples %7.2f ms   ", samples, samples / Double(rate) * 1000) + explanation
  }

  /// Runs until somebody or something ends it.
  ///
  /// - Parameter makeDevice: given the engine.
  func run(_ makeDevice: (LiveEngine) throws -> any LiveDevice) throws {
    let signals = SignalPipe.make([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT])
    signal(SIGPIPE, SIG_IGN)
    let device = try makeDevice(engine)
    let control = try arguments.control.map { path in
      try ControlSocket(path: path, controls: engine, quit: { SignalPipe.put(0) })
    }
    defer { control?.stop() }
    do { try device.start() } catch {
      try? engine.stop()
      throw error
    }
    let terminal = arguments.json ? nil : RawTerminal()
    var failure: Failure?
    loop(device, signals, terminal, &failure)
    terminal?.leave()
    let last = engine.status
    let profile = last?.isFrozen == true ? engine.noiseProfile() : nil
    device.stop()
    let settings = engine.settings
    do { try engine.stop() } catch { failure = failure ?? Failure(error) }
    for sentence in sentences.take() { Terminal.complain("note", sentence) }
    if let last, arguments.json { put(StatusJSON(last).line) }
    remember(settings, profile)
    if let failure { throw failure }
  }

  private func loop(_ device: any LiveDevice, _ signals: Int32, _ terminal: RawTerminal?, _ failure: inout Failure?) {
    var logger = Logger(label: "limpid")
    logger.logLevel = .info
    var showsHelp = false
    var nextReport = Date().addingTimeInterval(arguments.interval)
    while true {
      var polls = [
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        pollfd(fd: terminal == nil ? -1 : STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&polls, UInt(polls.count), 100)
      var byte: UInt8 = 0
      while read(signals, &byte, 1) == 1 {
        switch Int32(byte) {
        case SIGTSTP:
          terminal?.leave()
          kill(getpid(), SIGSTOP)
        case SIGCONT: terminal?.enter()
        default: return
        }
      }
      for sentence in sentences.take() {
        if let terminal {
          terminal.say(sentence)
        } else if arguments.json {
          Terminal.complain("note", sentence)
        } else {
          logger.notice("\(sentence)")
        }
      }
      if let reason = device.endReason {
        failure = Failure(.noInput, reason)
        return
      }
      if device.hasEnded { return }
      guard let status = engine.status else { continue }
      if polls[1].revents != 0 {
        var key: UInt8 = 0
        guard read(STDIN_FILENO, &key, 1) == 1 else { return }
        switch KeyAction(Character(UnicodeScalar(key)), status: status) {
        case .command(let command): do { try engine.send(command) } catch { sentences.add("\(error)") }
        case .help: showsHelp.toggle()
        case .quit: return
        case nil: break
        }
      }
      if let terminal {
        terminal.draw(StatusScreen.lines(status, name: name, columns: terminal.columns, showsHelp: showsHelp))
      } else if Date() >= nextReport {
        nextReport = nextReport.addingTimeInterval(arguments.interval)
        if arguments.json { put(StatusJSON(status).line) } else { logger.info("\(StatusScreen.logLine(status))") }
      }
    }
  }

  private func remember(_ settings: EnhancementSettings, _ profile: NoiseProfile?) {
    do {
      try store.save(RememberedSettings(preset: plan.preset, settings: settings, profile: profile))
    } catch {
      Terminal.complain("note", "the settings could not be kept in \(store.folder.path) (\(error))")
    }
  }

  /// A line on standard output, at once.
  private func put(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
