import ArgumentParser
import Enhancement
import Foundation
import Ground
import SignalProcessing

/// `limpid bench`: what can this machine run?
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures what this machine can run live.",
    discussion: """
      Runs what the presets ask for, one network with 1, 2, 4 … steps, and the other model, over some seconds of synthetic speech \
      in noise on one core, and prints the time of a frame against the time that it has, the model's hop. Presets that differ only \
      in what costs nothing (a limit, a warm-up) or is for files alone (the way back) are one row. What is recommended is for live use: its 99th percentile leaves half \
      of the time, or that of its light network alone does, and limpid live leaves the rest out; the noise encoder, which runs on a \
      thread of its own live, is timed by itself.
      """)

  @Option(parsing: .unconditional, help: "Channels, which all have to fit into the time of a frame.")
  var channels = 1

  @Option(parsing: .unconditional, help: "Sample rate of the device in Hz.")
  var rate = 48000

  @Option(parsing: .unconditional, help: "Seconds of sound per row.")
  var seconds = 4.0

  @Option(
    help: "float32, bfloat16 or auto, instead of the presets'.",
    completion: .list(PrecisionChoice.allCases.map(\.rawValue)))
  var precision: String?

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...32).contains(channels) else {
      throw ValidationError("--channels \(channels) is out of range; give 1 to 32")
    }
    guard (8000...192_000).contains(rate) else {
      throw ValidationError("--rate \(rate) is out of range; give 8000 to 192000 Hz")
    }
    guard seconds >= 0.5, seconds <= 600 else {
      throw ValidationError("--seconds \(seconds) is out of range; give 0.5 to 600 s")
    }
  }

  /// Times in milliseconds; a frame is that of all channels.
  struct Row: Encodable {
    var name: String
    /// Those whose work this is.
    let presets: [String]
    let steps: Int
    let guidance: Float
    let precision: String
    let median, p99, p999, longest, encoder: Double
    /// Of the whole: transform, model, resamplers, band above, ring arithmetic; without the encoder.
    let realTimeFactor: Double
    /// Milliseconds that a frame has.
    let deadline: Double
    var fits: Bool { p99 < deadline / 2 }
    /// Share of its time that a frame leaves, but for one in a hundred.
    var free: Double { 1 - p99 / deadline }
  }

  /// The name of the work of the live preset's first network alone, where the preset has two.
  private static let firstAlone = "--second-model none"

  /// What rows say of live use.
  struct Advice {
    /// The preset made for it, whose work `quality` does in files; nil: it does not fit, nor does its first network alone.
    let preset: String?
    /// Whether it is the first network alone that fits.
    let isReduced: Bool
    /// For people.
    let lines: [String]

    init(_ rows: [Row]) {
      let live = rows.first { $0.presets.contains("live") }
      let first = rows.first { $0.name.components(separatedBy: ", ").contains(BenchCommand.firstAlone) }
      if let live, live.fits {
        var said = [
          String(
            format: "Recommended live: --preset live; 99 of 100 frames leave %.0f %% of their time free.",
            100 * live.free)
        ]
        if let wide = rows.first(where: { $0.name.contains("--model wide") }) {
          said.append(
            wide.fits
              ? String(format: "--model wide fits, too, with %.0f %% free.", 100 * wide.free)
              : "--model wide is for files here.")
        }
        preset = "live"
        isReduced = false
        lines = said
      } else if live != nil, let first, first.fits {
        preset = "live"
        isReduced = true
        lines = [
          "Both networks in two passes do not leave half of the time; "
            + "limpid live then leaves out what does not fit by itself.",
          String(
            format: "The light network alone (\(BenchCommand.firstAlone)) leaves %.0f %% free.", 100 * first.free),
        ]
      } else {
        preset = nil
        isReduced = false
        lines = ["No preset fits: use fewer channels, end what else runs, or enhance files."]
      }
    }

    /// What stands behind a row.
    func remark(_ row: Row) -> String {
      if row.fits { return "" }
      let isLeftOut = isReduced && row.presets.contains("live")
      return isLeftOut ? "   live leaves out what does not fit" : "   too slow to be live"
    }
  }

  func run() throws {
    do {
      var rows: [Row] = []
      let presets = try Self.presets()
      let works = try works(of: presets)
      let progress = Progress(totalSeconds: Double(works.count) * seconds)
      for work in works {
        rows.append(try measure(work))
        progress.advance(by: seconds)
      }
      progress.finish()
      try report(rows)
    } catch { throw Failure(error).end() }
  }

  /// All that can be used: one of the user's own that is wrong does not keep the others from being measured.
  private static func presets() throws -> [Preset] {
    let paths = PresetStore.paths()
    guard !paths.isEmpty else { throw Failure(.configuration, "no presets were found; \(PresetStore.remedy)") }
    var failures: [Failure] = []
    let presets = paths.compactMap { path in
      do { return try Preset(path: path) } catch {
        failures.append(Failure(error))
        return nil
      }
    }
    if presets.isEmpty { throw failures[0] }
    for failure in failures { Terminal.complain("warning", failure.sentence) }
    return presets
  }

  /// Something to measure, and what it is the work of.
  private struct Work {
    var names: [String]
    var presets: [String]
    let model: String?
    let second: String?
    let precision: EnhancementModel.Precision
    let settings: EnhancementSettings

    /// Of settings that differ in nothing that takes time.
    func isSame(as other: Work) -> Bool {
      model == other.model && second == other.second && precision == other.precision && costing == other.costing
    }

    private var costing: EnhancementSettings {
      let standard = EnhancementSettings()
      var settings = settings
      settings.attenuationLimitInDecibels = nil
      settings.mix = 1
      settings.seed = standard.seed
      settings.startLevel = standard.startLevel
      settings.noiseSelection = standard.noiseSelection
      return settings
    }
  }

  /// Each once, in the order in which it is first asked for.
  private func works(of presets: [Preset]) throws -> [Work] {
    var works: [Work] = []
    func add(
      _ name: String, preset: Preset, model: String?, second: String? = nil, settings: EnhancementSettings,
      isPreset: Bool
    ) throws {
      let choice: PrecisionChoice = try precision.map { try SoundOptions.choice($0, "--precision") } ?? preset.precision
      let precision = choice.precision
      let work = Work(
        names: [name], presets: isPreset ? [preset.name] : [], model: model, second: second, precision: precision,
        settings: settings)
      if let same = works.firstIndex(where: work.isSame) {
        works[same].names += work.names
        works[same].presets += work.presets
      } else {
        works.append(work)
      }
    }
    for preset in presets {
      try add(
        preset.name, preset: preset, model: preset.model, second: preset.secondModel, settings: preset.settings,
        isPreset: true)
    }
    guard let live = presets.first(where: { $0.name == "live" }) ?? presets.first else { return works }
    // Steps cost the same whichever network takes them: the first one alone says what they do, doubled up to all.
    let largest = try live.model.map { try EnhancementModel(path: $0).largestSteps } ?? 1
    for steps in Set(sequence(first: 1) { 2 * $0 < largest ? 2 * $0 : nil } + [largest]).sorted() {
      var settings = live.settings
      settings.steps = steps
      let options =
        (live.secondModel == nil ? [] : [Self.firstAlone]) + (steps == 1 ? [] : ["--steps \(steps)"])
      let name = options.isEmpty ? "--steps 1" : options.joined(separator: " ")
      try add(name, preset: live, model: live.model, settings: settings, isPreset: false)
    }
    for name in ModelStore.names where (try? ModelStore.path(name)) != nil {
      let path = try ModelStore.path(name)
      // The preset's own, however it is written.
      if live.model.map({ URL(filePath: $0).standardizedFileURL == URL(filePath: path).standardizedFileURL }) == true {
        continue
      }
      try add("--model \(name)", preset: live, model: path, settings: live.settings, isPreset: false)
    }
    return works
  }

  private func measure(_ work: Work) throws -> Row {
    let settings = work.settings
    var model = try work.model.map { try EnhancementModel(path: $0, precision: work.precision) }
    if let first = model, let second = work.second {
      model = try EnhancementModel(mean: first, try EnhancementModel(path: second, precision: work.precision))
    }
    let service = NoiseEncodingService(model: model, wake: {}, pause: {})
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: rate, channelCount: channels, service: service)
    let frame = enhancer.frameFormat
    let hop = frame.deviceSamples(frame.hopLength, at: rate)
    let deadline = frame.hopDuration * 1000
    let warmUp = frame.frames(in: 0.5)
    let refresh = frame.frames(in: 0.25)
    let memory = FloatMemory(hop * channels)
    let samples = memory.buffer
    defer { withExtendedLifetime(memory) {} }
    var frames: [Double] = []
    var encodings: [Double] = []
    var state: UInt32 = 1
    let clock = ContinuousClock()
    // The first half a second warms caches and fills the noise reference.
    for n in 0..<warmUp + frame.frames(in: seconds) {
      for i in 0..<hop * channels {
        state = state &* 1_664_525 &+ 1_013_904_223
        let time = Double(n * hop + i / channels) / Double(rate)
        let voice = sin(2 * .pi * 3 * time) > 0 ? sin(2 * .pi * 140 * time) + 0.5 * sin(2 * .pi * 1120 * time) : 0
        samples[i] = Float(Int32(bitPattern: state)) * 0x1p-36 + Float(0.1 * voice)
      }
      let time = clock.measure { enhancer.process(interleaved: UnsafeBufferPointer(samples), into: samples) }
      let encoding = clock.measure { service.runPending() }
      guard n >= warmUp else { continue }
      frames.append(milliseconds(time))
      if n % refresh == 0 { encodings.append(milliseconds(encoding)) }
    }
    frames.sort()
    encodings.sort()
    return Row(
      name: work.names.joined(separator: ", "), presets: work.presets, steps: settings.steps,
      guidance: settings.guidance, precision: work.precision.rawValue,
      median: frames[frames.count / 2],
      p99: frames[min(frames.count - 1, frames.count * 99 / 100)],
      p999: frames[min(frames.count - 1, frames.count * 999 / 1000)], longest: frames[frames.count - 1],
      encoder: encodings[encodings.count / 2], realTimeFactor: frames.reduce(0, +) / Double(frames.count) / deadline,
      deadline: deadline)
  }

  private func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1000 + Double(attoseconds) * 1e-15
  }

  private func report(_ rows: [Row]) throws {
    let advice = Advice(rows)
    if json {
      struct Report: Encodable {
        let dispatchLevel: String
        let sampleRate, channels: Int
        let rows: [Row]
        let recommended: String?
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      let report = Report(
        dispatchLevel: EnhancementModel.dispatchLevel, sampleRate: rate, channels: channels, rows: rows,
        recommended: advice.preset)
      try putOut(String(decoding: try encoder.encode(report), as: UTF8.self))
      return
    }
    let deadlines = Set(rows.map(\.deadline)).sorted().map { String(format: "%g", $0) }.joined(separator: " or ")
    let precisions = Set(rows.map(\.precision)).sorted(by: >).joined(separator: " and ")
    try putOut(
      "processor level \(EnhancementModel.dispatchLevel), \(precisions), \(rate) Hz, "
        + "\(channels) channel\(channels == 1 ? "" : "s"), one core; milliseconds of the \(deadlines) that a frame has\n"
    )
    let width = max(16, (rows.map(\.name.count).max() ?? 0) + 2)
    try putOut(
      "".padding(toLength: width, withPad: " ", startingAt: 0) + "   median     p99  longest  encoder  real-time")
    for row in rows {
      try putOut(
        row.name.padding(toLength: width, withPad: " ", startingAt: 0)
          + String(
            format: "%9.2f%8.2f%9.2f%9.2f%11.3f", row.median, row.p99, row.longest, row.encoder, row.realTimeFactor)
          + advice.remark(row))
    }
    try putOut("\n" + advice.lines.joined(separator: "\n"))
  }
}
