import AudioFiles
import Enhancement
import Figures
import Foundation

/// What the overview says of one picture.
struct FigureSummary: Sendable {
  /// Of the picture.
  let path: String
  let seconds: Double
  let sampleRate: Int
  let channels: Int
  /// RMS, dB of full scale; −∞ for silence.
  let inputLevel: Double
  let outputLevel: Double
  /// dB; nil where no frame was noise alone.
  let noiseReduction: Double?
}

/// One file's picture: collects while the file is enhanced, draws when it is done. One thread.
final class FigureRecording {
  let path: String
  private let task: FileTask
  private let force: Bool
  private var tracks: EnhancementTracks?

  init(path: String, task: FileTask, force: Bool) {
    self.path = path
    self.task = task
    self.force = force
  }

  func begin(_ format: AudioFormat) -> EnhancementTracks {
    let tracks = EnhancementTracks(format)
    self.tracks = tracks
    return tracks
  }

  /// Draws the picture and writes it, whole or not at all.
  ///
  /// - Throws: `FigureError`, and what writing throws.
  func draw(_ report: FileReport, _ plan: Plan) throws -> FigureSummary? {
    guard let tracks else { return nil }
    tracks.finish()
    let folder = FileName.folder(path)
    guard Files.makeFolder(folder) == 0 else {
      throw Failure(.cannotCreate, "\(folder): the folder cannot be made; choose another with --figure")
    }
    try WholeFile.write(try figure(tracks, report, plan).png(), to: path, overwrite: force)
    return FigureSummary(
      path: path, seconds: tracks.input.seconds, sampleRate: report.sampleRate, channels: report.channels,
      inputLevel: decibels(tracks.input.meanSquare), outputLevel: decibels(tracks.output.meanSquare),
      noiseReduction: report.noiseReductionInDecibels)
  }

  private func figure(_ tracks: EnhancementTracks, _ report: FileReport, _ plan: Plan) -> Figure {
    let signals = [(name: "before", columns: tracks.input), (name: "after", columns: tracks.output)]
    let goesBack = report.backwardModel != nil
    var figure = Figure(title: title, seconds: tracks.input.seconds)
    figure.notes = [
      SoundFigure.description(of: tracks.input) + "; level " + SoundFigure.level(of: tracks.input) + " before, "
        + SoundFigure.level(of: tracks.output) + " after"
        + Self.noise(report.noiseReductionInDecibels, goesBack: goesBack),
      setting(report),
    ]
    figure.spectrograms = signals.map {
      Figure.NamedSpectrogram(name: $0.name, spectrogram: $0.columns.spectrogram)
    }
    figure.charts = [
      SoundFigure.levels(signals),
      SoundFigure.reduction(
        tracks.noiseReduction, name: tracks.noiseReductionName(goesBack: goesBack), curve: ""),
    ]
    SoundFigure.put(tracks.bands(learned: plan.learnedNames), into: &figure)
    return figure
  }

  /// What the notes say of noise that is lower.
  ///
  /// - Parameter goesBack: whether a way back was averaged in, of which nothing is counted.
  static func noise(_ reduction: Double?, goesBack: Bool) -> String {
    guard let reduction else { return "" }
    return "; noise \(Axis.number(reduction, decimals: 1)) dB lower" + (goesBack ? " on the forward way alone" : "")
  }

  private var title: String {
    let input = task.input == "-" ? "standard input" : FileName.repaired(FileName.last(task.input))
    if task.output == "-" { return input + " → standard output" }
    if Files.kind(task.output) == .nullDevice { return input }
    return input + " → " + FileName.repaired(FileName.last(task.output))
  }

  private func setting(_ report: FileReport) -> String {
    var words = ["preset \(FileName.repaired(FileName.last(report.preset)))"]
    if let model = report.model {
      func name(_ model: String) -> String { FileName.repaired(FileName.last(model)) }
      words.append("model \(name(model))" + (report.secondModel.map { " and " + name($0) } ?? ""))
      if let backward = report.backwardModel {
        words.append("from its end \(name(backward))" + (report.backwardSecondModel.map { " and " + name($0) } ?? ""))
      }
      words.append(report.steps == 1 ? "1 reverse step" : "\(report.steps) reverse steps")
    } else {
      words.append("method \(report.method)")
    }
    if report.live != nil { words.append("through the live worker") }
    return words.joined(separator: ", ")
  }
}
