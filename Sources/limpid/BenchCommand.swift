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
      Runs every preset, and every number of steps, over some seconds of synthetic speech in noise on one core, and prints \
      the time of a frame against the time that it has, the model's hop. A preset is recommended where the 99th percentile leaves half of \
      that; the noise encoder, which runs on a thread of its own live, is timed by itself.
      """)

  @Option(parsing: .unconditional, help: "Channels, which all have to fit into the time of a frame.")
  var channels = 1

  @Option(parsing: .unconditional, help: "Sample rate of the device in Hz.")
  var rate = 48000

  @Option(parsing: .unconditional, help: "Seconds of sound per row.")
  var seconds = 4.0

  @Option(help: "float32 or bfloat16, instead of the presets'.")
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
  private struct Row: Encodable {
    let name: String
    let steps: Int
    let guidance: Float
    let precision: String
    let median, p99, p999, longest, encoder: Double
    /// Of the whole: transform, model, resamplers, band above, ring arithmetic; without the encoder.
    let realTimeFactor: Double
    /// Milliseconds that a frame has.
    let deadline: Double
    var fits: Bool { p99 < deadline / 2 }
  }

  func run() throws {
    do {
      var rows: [Row] = []
      let presets = try PresetStore.paths().map { try Preset(path: $0) }
      guard !presets.isEmpty else {
        throw Failure(.configuration, "no presets were found; \(PresetStore.remedy)")
      }
      let live = presets.first(where: { $0.name == "live" }) ?? presets.first
      let most = try live?.model.map { try EnhancementModel(path: $0).largestSteps } ?? 1
      let work = presets.count + most
      let progress = Progress(totalSeconds: Double(work) * seconds)
      for preset in presets {
        rows.append(try measure(preset, preset.settings, "preset \(preset.name)"))
        progress.advance(by: seconds)
      }
      if let live {
        for steps in 1...most {
          var settings = live.settings
          settings.steps = steps
          rows.append(try measure(live, settings, "\(steps) step\(steps == 1 ? "" : "s")"))
          progress.advance(by: seconds)
        }
      }
      progress.finish()
      try report(rows, presets.map(\.name))
    } catch { throw Failure(error).end() }
  }

  private func measure(_ preset: Preset, _ settings: EnhancementSettings, _ name: String) throws -> Row {
    let precision = try precision.map { try SoundOptions.choice($0, "--precision") } ?? preset.precision
    let model = try preset.model.map { try EnhancementModel(path: $0, precision: precision) }
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
      name: name, steps: settings.steps, guidance: settings.guidance, precision: precision.rawValue,
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

  private func report(_ rows: [Row], _ presets: [String]) throws {
    // `quality` where it fits, else `live`, the lightest.
    let fitting = Set(rows.filter(\.fits).map(\.name))
    let advice = ["quality", "live"].first { presets.contains($0) && fitting.contains("preset \($0)") }
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
        recommended: advice)
      try putOut(String(decoding: try encoder.encode(report), as: UTF8.self))
      return
    }
    let deadlines = Set(rows.map(\.deadline)).sorted().map { String(format: "%g", $0) }.joined(separator: " or ")
    let precisions = Set(rows.map(\.precision)).sorted(by: >).joined(separator: " and ")
    try putOut(
      "processor level \(EnhancementModel.dispatchLevel), \(precisions), \(rate) Hz, "
        + "\(channels) channel\(channels == 1 ? "" : "s"), one core; milliseconds of the \(deadlines) that a frame has\n"
    )
    try putOut("                   median     p99  longest   encoder  real-time factor")
    for row in rows {
      try putOut(
        row.name.padding(toLength: 16, withPad: " ", startingAt: 0)
          + String(
            format: "%9.2f%8.2f%9.2f%10.2f%18.3f", row.median, row.p99, row.longest, row.encoder, row.realTimeFactor)
          + (row.fits ? "" : "   too slow to be live"))
    }
    try putOut(
      advice.map { "\nRecommended: --preset \($0)" }
        ?? "\nNo preset fits: use fewer channels, end what else runs, or enhance files.")
  }
}
