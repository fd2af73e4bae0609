import ArgumentParser
import AudioFiles
import Figures
import Ground

/// `limpid figure`: a picture of one recording, or of two on one scale.
struct FigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure", abstract: "Draws a recording, or two on one scale: spectrograms and levels, as PNG.",
    discussion: """
        limpid figure noisy.wav clean.wav -o both.png     before and after
        limpid figure talk.wav                            one, as talk.png

      Of several channels the mean of their powers is drawn. What is brighter is louder, also where it is printed in grey. 0 dB \
      is the mean square of full scale, so a sine at full scale reads −3 dB. What was taken for noise only limpid enhance \
      --figure knows.
      """)

  @Argument(help: "One sound file, or two: before and after.", completion: .file())
  var sounds: [String]

  @Option(
    name: .shortAndLong, help: "The picture, a PNG (default: the first sound's name with .png).",
    completion: .file(extensions: ["png"]))
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace a picture that exists already.")
  var force = false

  func validate() throws {
    guard (1...2).contains(sounds.count) else { throw ValidationError("name one sound file, or two") }
    guard !sounds.contains(""), output != "" else {
      throw ValidationError("a name is empty; is a variable of your shell not set?")
    }
  }

  func run() throws {
    Interruption.prepare()
    do {
      guard Figure.canDraw else { throw FigureError.noLibrary }
      let path = try target()
      let progress = Progress(totalSeconds: nil)
      let sources = try sounds.map { try openSound(path: $0) }
      let signals = SoundComparison(sources, progress)
      try signals.read(names: sounds)
      progress.finish()
      for (sound, source) in zip(sounds, sources) {
        for remark in source.remarks {
          Terminal.complain(remark.isDamage ? "warning" : "note", "\(sound): \(remark)")
        }
      }
      try WholeFile.write(try signals.figure(names: sounds).png(), to: path, overwrite: force)
    } catch {
      throw Failure(error).end()
    }
  }

  private func target() throws -> String {
    let path = output ?? FileName.withoutSuffix(sounds[0]) + ".png"
    guard FileName.suffix(path) == "png" else {
      throw Failure(.usage, "\(path): figures are PNG; name a file that ends in .png with -o")
    }
    let folder = FileName.folder(path)
    guard Files.isFolder(folder) else {
      throw Failure(.cannotCreate, "\(folder): there is no such folder; make it, or name another output")
    }
    if sounds.contains(where: { FileName.isSame($0, path) || isSameFile($0, path) }) {
      throw Failure(.cannotCreate, "\(path) is an input, which is never overwritten; name another output")
    }
    switch Files.kind(path) {
    case .folder: throw Failure(.cannotCreate, "\(path) is a folder; name a file with -o")
    case .other, .nullDevice: throw AudioFileError.notReplaceable(path: path)
    case .regular where !force:
      throw Failure(.cannotCreate, "\(path) exists already; use --force to replace it, or name another output")
    default: return path
    }
  }
}
