import ArgumentParser
import AudioFiles
import Enhancement
import Foundation
import Ground

/// `limpid info`: what a weights file or a sound file is.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Describes a weights file, a noise profile or a sound file.")

  @Argument(help: "A weights file or noise profile (.safetensors), or a sound file.", completion: .file())
  var file: String

  func run() throws {
    do {
      if file.hasSuffix(".safetensors") || holdsTensors {
        try describeTensors()
      } else {
        try describeAudio()
      }
    } catch {
      throw Failure(error).end()
    }
  }

  /// A safetensors file of another name: eight bytes of length, then JSON.
  private var holdsTensors: Bool {
    let start = Files.beginning(of: file, 9)
    return start.count == 9 && start[8] == UInt8(ascii: "{") && start[4..<8].allSatisfy { $0 == 0 }
  }

  private func describeTensors() throws {
    if let profile = try? NoiseProfile(path: file) {
      try show([
        ("noise profile", String(format: "%.2f s of noise", profile.duration)),
        ("frames", "\(profile.frameCount) of \(profile.binCount) magnitudes"),
      ])
    } else if let learned = try? LearnedNoise(path: file) {
      try show([("learned noise", String(format: "%.2f s of sound", learned.duration))])
    } else {
      try show(try EnhancementModel(path: file).details)
    }
  }

  private func describeAudio() throws {
    let reader = try openSound(path: file)
    let format = reader.format
    var seconds = reader.sampleCount.map { Double($0) / Double(format.sampleRate) }
    let foreign = reader as? FFmpegReader
    // What ffmpeg hands on is another format.
    if let foreign { seconds = foreign.promisedSeconds() }
    try show([
      ("container", foreign?.kind ?? format.containerName),
      ("encoding", foreign == nil ? format.encodingName : "read through ffmpeg"),
      ("sample rate", "\(format.sampleRate) Hz"),
      ("channels", "\(format.channelCount)"),
      ("length", seconds.map { String(format: "%.3f s", $0) } ?? "not known"),
      ("title", reader.tags.title ?? ""),
      ("artist", reader.tags.artist ?? ""),
    ])
    for remark in reader.remarks { Terminal.complain(remark.isDamage ? "warning" : "note", "\(file): \(remark)") }
  }

  /// Rows without a value are left out.
  private func show(_ all: [(label: String, value: String)]) throws {
    let rows = all.filter { !$0.value.isEmpty }
    let width = rows.map(\.label.count).max() ?? 0
    for row in rows {
      try putOut(
        row.label + String(repeating: " ", count: width - row.label.count + 2) + printable(row.value))
    }
  }
}
