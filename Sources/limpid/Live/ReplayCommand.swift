import ArgumentParser
import AudioIO
import Enhancement
import Foundation
import Live

/// `limpid replay`: what `--record` kept, again.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Plays a recorded live session again, to the bit.",
    discussion: """
      A recording holds the input, the output, the settings, and everything that the clock or a person decided. Played \
      again by the same build on the same kind of processor it gives the same output.

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

  func run() throws {
    Interruption.prepare()
    do {
      let path = try model ?? PresetStore.preset("live").model
      let replay = try LiveReplay(path: folder, model: try path.map { try EnhancementModel(path: $0) })
      let seconds = Double(replay.sampleCount) / Double(replay.format.sampleRate)
      let progress = Progress(totalSeconds: seconds)
      var shown = 0.0
      let advance = { (share: Double) in
        progress.advance(by: (share - shown) * seconds)
        shown = share
      }
      defer { progress.finish() }
      if let output {
        try write(replay, to: output, advance)
      } else if let first = try replay.verify(progress: advance) {
        progress.finish()
        throw Failure(
          .badInput,
          "\(folder): the output differs from the recorded one from sample \(first) on; play it with the build that recorded it")
      } else {
        progress.finish()
        print(String(format: "%@: %.1f s, the same to the bit", folder, seconds))
      }
    } catch { throw Failure(error).end() }
  }

  private func write(_ replay: LiveReplay, to path: String, _ progress: (Double) -> Void) throws {
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
