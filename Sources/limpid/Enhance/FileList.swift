import AudioIO
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
    "wav", "wave", "w64", "rf64", "aif", "aiff", "aifc", "flac", "ogg", "oga", "opus", "mp3",
  ]

  /// - Throws: `Failure` for inputs that are not there, outputs that collide, exist, or are inputs.
  init(inputs: [String], output: String?, force: Bool) throws {
    let output = output.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    let folderWanted = inputs.count > 1 || inputs.contains(where: Self.isFolder)
    if folderWanted, output == "-" {
      throw Failure(.usage, "standard output takes one file; name an output folder with -o")
    }
    let intoFolder = output.map { $0 != "-" && (folderWanted || Self.isFolder($0)) } ?? false
    if intoFolder, let output, FileManager.default.fileExists(atPath: output), !Self.isFolder(output) {
      throw Failure(.usage, "\(output) is a file, but several inputs need a folder; name another with -o")
    }

    var tasks: [FileTask] = []
    for input in inputs {
      if input == "-" {
        tasks.append(FileTask(input: input, output: output!))
      } else if Self.isFolder(input) {
        let files = try Self.files(below: input)
        for file in files {
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
    var targets: Set<String> = []
    for task in tasks where task.output != "-" {
      let target = URL(fileURLWithPath: task.output).standardizedFileURL.path
      guard targets.insert(target).inserted else {
        throw Failure(.usage, "\(task.output) would be written twice; enhance inputs of equal names one by one")
      }
      if let clash = tasks.first(where: { $0.input != "-" && isSameFile($0.input, task.output) }) {
        throw Failure(
          .cannotCreate, "\(task.output) is the input \(clash.input), which is never overwritten; name another output")
      }
      if isFolder(task.output) {
        throw Failure(.cannotCreate, "\(task.output) is a folder; name a file with -o")
      }
      if !force, FileManager.default.fileExists(atPath: task.output) {
        throw Failure(.cannotCreate, "\(task.output) exists already; use --force to replace it, or name another output")
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

  /// Sound files below a folder, relative to it, sorted; earlier outputs (NAME.clean.EXT) are left out.
  private static func files(below folder: String) throws -> [String] {
    guard let all = FileManager.default.enumerator(atPath: folder) else {
      throw Failure(.noInput, "\(folder): the folder cannot be read; check its permissions")
    }
    let files = all.compactMap { $0 as? String }.filter { path in
      let url = URL(fileURLWithPath: path)
      return extensions.contains(url.pathExtension.lowercased())
        && !url.deletingPathExtension().lastPathComponent.hasSuffix(".clean")
        && !url.lastPathComponent.hasPrefix(".")
    }
    guard !files.isEmpty else { throw Failure(.noInput, "\(folder): there are no sound files in this folder") }
    return files.sorted()
  }
}
