import ArgumentParser
import AudioFiles
import Enhancement
import Foundation
import Recording

/// `limpid replay`: what `--record` kept, again.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Plays a recorded live session again, to the bit.",
    discussion: """
      A recording holds the input, the output, the settings, and everything that the clock or a person decided. Played \
      again by the same build on the same kind of processor it gives the same output. Where the device changed its rate \
      or block meanwhile, the recording has a folder within for each time; with -o OUT.wav they become OUT.wav, \
      OUT-2.wav and so on.

        limpid jack --record session/ ...      then        limpid replay session/
      """)

  @Argument(help: "The folder that was named with --record.", completion: .directory)
  var folder: String

  @Option(name: .shortAndLong, help: "Write the output here (WAV, 32-bit float).", completion: .file())
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace an output that exists already.")
  var force = false

  @Option(help: "Weights file, if the session's was not the presets'.", completion: .file(extensions: ["safetensors"]))
  var model: String?

  @Option(
    help: "The same for the second network's, if it had two.", completion: .file(extensions: ["safetensors"]))
  var secondModel: String?

  @Flag(
    name: .long, help: "With -o: also tell whether the output equals the recorded one. Without -o that is all it does.")
  var verify = false

  func run() throws {
    Interruption.prepare()
    do {
      // A segment without a sample: the device changed its format twice in a row.
      let segments = try Replay.segments(of: folder).map { (folder: $0, replay: try open($0)) }
        .filter { $0.replay.sampleCount > 0 }
      guard !segments.isEmpty else { throw AudioFileError.empty(path: folder) }
      for (n, segment) in segments.enumerated() { try play(segment.replay, segment.folder, number: n + 1) }
    } catch { throw Failure(error).end() }
  }

  private func play(_ replay: Replay, _ folder: String, number: Int) throws {
    let seconds = Double(replay.sampleCount) / Double(replay.format.sampleRate)
    let passes = output != nil && verify ? 2.0 : 1
    let progress = Progress(totalSeconds: seconds * passes)
    var shown = 0.0
    let advance = { (share: Double) in
      progress.advance(by: (share - shown) * seconds)
      shown = share < 1 ? share : 0
    }
    defer { progress.finish() }
    if let output { try write(replay, to: Self.numbered(output, number), advance) }
    guard output == nil || verify else { return }
    let difference = try replay.verify(progress: advance)
    progress.finish()
    if let difference {
      throw Failure(
        .badInput,
        "\(folder): the output differs from the recorded one from sample \(difference) on; play it with the build that "
          + "recorded it")
    }
    // What was recorded beyond that has nothing to be compared with.
    if let recorded = try AudioFileReader(path: folder + "/output.wav").sampleCount, recorded > replay.sampleCount {
      throw Failure(
        .badInput,
        "\(folder): the recorded output has \(recorded) samples, and its input gives \(replay.sampleCount), the same to the bit; "
          + "copy the recording again, or record anew")
    }
    try putOut(String(format: "%@: %.1f s, the same to the bit", folder, seconds))
  }

  /// OUT.wav, OUT-2.wav, OUT-3.wav…
  private static func numbered(_ path: String, _ number: Int) -> String {
    let url = URL(fileURLWithPath: path)
    let suffix = url.pathExtension.isEmpty ? "" : "." + url.pathExtension
    return number == 1 ? path : path.dropLast(suffix.count) + "-\(number)" + suffix
  }

  /// With the weights given, or those of the presets' that are the session's.
  private func open(_ folder: String) throws -> Replay {
    let precision = Replay.precision(of: folder)
    let recorded = Replay.networks(of: folder)
    var models: [EnhancementModel] = []
    for (network, given) in zip(recorded, [model, secondModel]) {
      guard let path = given ?? weights(of: network) else { return try Replay(path: folder, model: nil) }
      models.append(try EnhancementModel(path: path, precision: precision))
    }
    if recorded.count == 1, let secondModel {
      throw Failure(.usage, "\(folder): made with one network; leave --second-model \(secondModel) out")
    }
    switch models.count {
    case 2: return try Replay(path: folder, model: try EnhancementModel(mean: models[0], models[1]))
    case 1: return try Replay(path: folder, model: models[0])
    default:
      // No recording, or one of the method wiener.
      return try Replay(path: folder, model: try model.map { try EnhancementModel(path: $0, precision: precision) })
    }
  }

  /// The file, of those that presets name, that holds these weights; nil: none does.
  private func weights(of network: RecordedNetwork) -> String? {
    let presets = PresetStore.paths().compactMap { try? Preset(path: $0) }
    var tried: Set<String> = []
    return presets.flatMap { [$0.model, $0.secondModel] }.compactMap(\.self)
      .first { tried.insert($0).inserted && network.isThat(ofFile: $0) }
  }

  private func write(_ replay: Replay, to path: String, _ progress: (Double) -> Void) throws {
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder)
    where isSameFile(folder + "/" + name, path) {
      throw Failure(
        .cannotCreate, "\(path) is a file of the recording, which is never overwritten; name another output")
    }
    let format = AudioFormat.floatWAV(sampleRate: replay.format.sampleRate, channelCount: replay.format.channelCount)
    let writer = try AudioFileWriter(
      path: path, format: format, tags: AudioTags(), overwrite: force, expectedSampleCount: replay.sampleCount)
    do {
      try replay.run(output: { try writer.write($0) }, progress: progress)
      try writer.finish()
    } catch {
      writer.abandon()
      throw error
    }
  }
}
