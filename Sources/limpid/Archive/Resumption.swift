import AudioFiles
import Enhancement
import Foundation
import Ground
import Synchronization

/// `enhance --skip-done`: which outputs need not be made again, and who makes the others.
///
/// An output is done if it is to the bit what the manifest says was made of the same content with the same settings, weights
/// and program. Any thread.
final class Resumption: Sendable {
  /// What is to become of a file.
  enum Decision {
    /// The output is there, so many seconds of it.
    case done(durationInSeconds: Double)
    case make(OutputInTheMaking)
  }

  private let folder: String
  private let manifest: Manifest
  private let settings: Fingerprint
  private let force: Bool
  private let isWithoutLocks = Atomic(false)
  /// Folders whose leftovers are gone.
  private let tidied = Mutex<Set<[UInt8]>>([])

  /// - Parameter folder: of the outputs; it is made if it is not there.
  /// - Throws: `Failure`.
  init(folder: String, plan: Plan, force: Bool) throws {
    guard Files.makeFolder(folder) == 0 else {
      throw Failure(.cannotCreate, "\(folder): the folder cannot be made; choose another with -o")
    }
    self.folder = folder
    self.force = force
    manifest = Manifest(folder: folder)
    settings = try Fingerprint(plan)
  }

  /// How many of the manifest's lines could not be read.
  var unreadableLines: Int { manifest.unreadableLines }

  /// The right to make a task's output; nil while another process has it.
  ///
  /// - Parameter waits: until it is free.
  func claim(_ task: FileTask, waits: Bool) throws -> OutputClaim? {
    let answer = try OutputClaim.of(
      name(task), manifest: manifest.path, waits: waits,
      withoutLocks: {
        guard !isWithoutLocks.exchange(true, ordering: .relaxed) else { return }
        Terminal.complain(
          "warning", "\(folder): its file system has no locks; let only one limpid at a time work on this folder")
      })
    guard case .claimed(let claim) = answer else { return nil }
    tidy(FileName.folder(task.output))
    return claim
  }

  /// Decides about a task that is claimed.
  ///
  /// - Throws: `AudioFileError` where the input cannot be read; `Failure` where there is an output that is not ours to replace.
  func decide(_ task: FileTask) throws -> Decision {
    let content = try FileContent(path: task.input)
    var overwrites = force
    if let kind = Files.kind(task.output) {
      guard kind == .regular else { throw AudioFileError.notReplaceable(path: task.output) }
      let entries = try manifest.entries(for: name(task))
      let there = try FileContent(path: task.output)
      let same = entries.filter { $0.output == there.hash }
      let input = Array(ManifestName.escaped(task.name).utf8)
      if let done = same.first(where: {
        $0.input == content.hash && $0.settings == settings.hash && $0.inputName == input
      }) {
        return .done(durationInSeconds: done.durationInSeconds)
      }
      if !force {
        guard !entries.isEmpty else {
          throw Failure(
            .cannotCreate,
            "\(task.output) exists already, and the manifest does not know it; use --force to replace it, or move it away"
          )
        }
        guard !same.isEmpty else {
          throw Failure(
            .cannotCreate,
            "\(task.output) is not as it was made, but damaged or changed; use --force to make it again, or move it away"
          )
        }
        guard same.contains(where: { $0.inputName == input }) else {
          throw Failure(
            .cannotCreate,
            "\(task.output) was made of another input, \(String(decoding: same[0].inputName, as: UTF8.self)); "
              + "use --force to replace it, or another output folder")
        }
        // Ours, of other content or with other settings.
        overwrites = true
      }
    }
    return .make(
      OutputInTheMaking(
        task: task, name: name(task), input: content, overwrites: overwrites, manifest: manifest, settings: settings))
  }

  /// The task's output below the folder.
  private func name(_ task: FileTask) -> String { String(task.output.utf8.dropFirst(folder.utf8.count + 1))! }

  /// Takes away what killed processes have left of their outputs.
  private func tidy(_ folder: String) {
    guard tidied.withLock({ $0.insert(FileName.bytes(folder)).inserted }) else { return }
    AudioFileWriter.removeLeftovers(in: folder)
  }
}

/// An output that is made now, from its claim to its line in the manifest.
struct OutputInTheMaking: Sendable {
  let task: FileTask
  /// Below the manifest's folder.
  let name: String
  let input: FileContent
  /// Whether what is there may be replaced.
  let overwrites: Bool
  let manifest: Manifest
  let settings: Fingerprint

  /// When all was read: an output of half the one and half the other content has no right to a name.
  ///
  /// - Throws: `damaged`.
  func checkInput() throws(AudioFileError) {
    guard input.isUnchanged(at: task.input) else {
      throw .damaged(path: task.input, reason: "it changed while it was enhanced")
    }
  }

  /// Spans that are joined are of this content, and of these settings; else they are those of an earlier run.
  ///
  /// - Parameters:
  ///   - folder: of the spans' folders.
  ///   - count: of the recording.
  /// - Throws: `Failure`, or `AudioFileError` where a span is not there.
  func checkSpans(in folder: String, _ count: Int, _ layout: SpanLayout) throws {
    for number in 0..<count {
      let place = "\(folder)/\(number)"
      let there = try FileContent(path: place + "/" + name)
      let wanted = settings.replacing(spans: .span(number, layout)).hash
      let isOurs = try Manifest(folder: place).entries(for: name).contains {
        $0.output == there.hash && $0.input == input.hash && $0.settings == wanted
      }
      guard isOurs else {
        throw Failure(
          .noInput, "\(place)/\(name) was made of other content or with other settings; enhance the span again")
      }
    }
  }

  /// Before it gets its name.
  ///
  /// - Parameter file: where it lies, whole.
  func record(_ file: String, durationInSeconds: Double) throws(AudioFileError) {
    let output = try FileContent(path: file)
    let line = OutputLine(
      output: ManifestName.escaped(name), outputBytes: output.size, outputSHA256: "\(output.hash)",
      input: ManifestName.escaped(task.name), inputBytes: input.size, inputSHA256: "\(input.hash)",
      settings: "\(settings.hash)", durationInSeconds: durationInSeconds, made: Date().ISO8601Format(),
      processor: settings.processor)
    try manifest.add(line, made: settings)
  }
}
