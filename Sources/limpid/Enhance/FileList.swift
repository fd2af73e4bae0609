import AudioFiles
import Foundation

/// One file to enhance.
struct FileTask: Sendable {
  /// Path, or "-".
  let input: String
  /// Path, or "-".
  let output: String
  /// Whether the output's folder is made when it is not there: below an output folder yes, for a single file a missing
  /// folder is more likely a slip of the pen.
  var makesFolder = false
}

/// Which file goes where.
///
/// A file goes to `-o FILE`, or into `-o DIR`, or to NAME.clean.EXT beside it; a folder's files keep their places below
/// the output folder.
struct FileList {
  let tasks: [FileTask]

  static let extensions: Set<String> = [
    "wav", "wave", "w64", "rf64", "aif", "aiff", "aifc", "flac", "ogg", "oga", "opus", "mp3", "caf", "au",
  ]

  /// - Throws: `Failure` for inputs that are not there, outputs that collide, exist, or are inputs.
  init(inputs: [String], output: String?, force: Bool) throws {
    let folderMeant = output.map { $0.count > 1 && $0.hasSuffix("/") } ?? false
    let output = folderMeant ? String(output!.dropLast()) : output
    let several = inputs.count > 1 || inputs.contains(where: Self.isFolder)
    let folderWanted = several || folderMeant
    if several, output == "-" {
      throw Failure(.usage, "standard output takes one file; name an output folder with -o")
    }
    let intoFolder = output.map { $0 != "-" && (folderWanted || Self.isFolder($0)) } ?? false
    if intoFolder, let output, FileManager.default.fileExists(atPath: output), !Self.isFolder(output) {
      throw Failure(.usage, "\(output) is a file, not a folder; name a folder with -o")
    }

    var tasks: [FileTask] = []
    for input in inputs {
      if input == "-" {
        tasks.append(FileTask(input: input, output: output!))
      } else if Self.isFolder(input) {
        for file in try Self.files(below: input, without: output) {
          let target = output.map { $0 + "/" + file } ?? Self.besides(input + "/" + file)
          tasks.append(FileTask(input: input + "/" + file, output: target, makesFolder: true))
        }
      } else {
        guard FileManager.default.fileExists(atPath: input) else {
          throw Failure(.noInput, "\(input): there is no such file; check its name")
        }
        let name = URL(fileURLWithPath: input).lastPathComponent
        let target = intoFolder ? output! + "/" + name : output ?? Self.besides(input)
        tasks.append(FileTask(input: input, output: target, makesFolder: intoFolder))
      }
    }
    try Self.check(tasks, force: force)
    self.tasks = tasks
  }

  private static func check(_ tasks: [FileTask], force: Bool) throws {
    var sources: [FileIdentity: String] = [:]
    for task in tasks where task.input != "-" {
      if let identity = FileIdentity(path: task.input) { sources[identity] = task.input }
    }
    var targets: Set<String> = []
    for task in tasks where task.output != "-" {
      let target = URL(fileURLWithPath: task.output).standardizedFileURL.path
      guard targets.insert(target).inserted else {
        throw Failure(
          .usage, "\(task.output) would be written twice; enhance inputs of equal names one by one")
      }
      if let clash = FileIdentity(path: task.output).flatMap({ sources[$0] }) {
        throw Failure(
          .cannotCreate,
          "\(task.output) is the input \(clash), which is never overwritten; name another output")
      }
      if isFolder(task.output) {
        throw Failure(.cannotCreate, "\(task.output) is a folder; name a file with -o")
      }
      if !force, FileManager.default.fileExists(atPath: task.output) {
        throw Failure(
          .cannotCreate, "\(task.output) exists already; use --force to replace it, or name another output")
      }
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// NAME.clean.EXT
  static func besides(_ path: String) -> String {
    let url = URL(fileURLWithPath: path)
    let suffix = url.pathExtension.isEmpty ? "" : "." + url.pathExtension
    return String(path.dropLast(suffix.count)) + ".clean" + suffix
  }

  /// Sound files below a folder, relative to it, sorted. Left out: hidden files and folders, earlier outputs
  /// (NAME.clean.EXT), and the output folder where it lies within.
  private static func files(below folder: String, without output: String?) throws -> [String] {
    guard let all = FileManager.default.enumerator(atPath: folder) else {
      throw Failure(.noInput, "\(folder): the folder cannot be read; check its permissions")
    }
    let left = output.flatMap { FileIdentity(path: $0) }
    var files: [String] = []
    while let path = all.nextObject() as? String {
      let url = URL(fileURLWithPath: path)
      let full = folder + "/" + path
      if isFolder(full) {
        if url.lastPathComponent.hasPrefix(".") || left.map({ FileIdentity(path: full) == $0 }) ?? false {
          all.skipDescendants()
        }
      } else if extensions.contains(url.pathExtension.lowercased()), !url.lastPathComponent.hasPrefix("."),
        !url.deletingPathExtension().lastPathComponent.hasSuffix(".clean")
      {
        files.append(path)
      }
    }
    guard !files.isEmpty else {
      throw Failure(.noInput, "\(folder): there are no sound files in this folder")
    }
    return files.sorted()
  }
}
