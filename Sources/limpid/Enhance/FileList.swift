import AudioFiles

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
/// the output folder. Names are bytes (`FileName`): a composed and a decomposed é are two.
struct FileList {
  let tasks: [FileTask]
  /// What a folder's search passed over.
  private(set) var leftOut: [LeftOut] = []

  /// Files of one folder that are not enhanced.
  struct LeftOut {
    let folder: String
    /// Of kinds that are no sound that is known.
    var others: [String] = []
    /// Of kinds that need ffmpeg, which is not installed.
    var needingFFmpeg: [String] = []
  }

  static let extensions: Set<String> = [
    "wav", "wave", "w64", "rf64", "aif", "aiff", "aifc", "flac", "ogg", "oga", "opus", "mp3", "caf", "au",
  ]

  /// - Throws: `Failure` for inputs that are not there, outputs that collide, exist, or are inputs.
  init(inputs: [String], output: String?, force: Bool) throws {
    let folderMeant = output.map { $0.utf8.count > 1 && $0.utf8.last == UInt8(ascii: "/") } ?? false
    let output = folderMeant ? String(output!.dropLast()) : output
    let several = inputs.count > 1 || inputs.contains(where: Files.isFolder)
    let folderWanted = several || folderMeant
    if several, output == "-" {
      throw Failure(.usage, "standard output takes one file; name an output folder with -o")
    }
    let isNull = output.map { Files.kind($0) == .nullDevice } ?? false
    let intoFolder = output.map { $0 != "-" && !isNull && (folderWanted || Files.isFolder($0)) } ?? false
    if intoFolder, let output, let kind = Files.kind(output), kind != .folder {
      throw Failure(.usage, "\(output) is a file, not a folder; name a folder with -o")
    }

    var tasks: [FileTask] = []
    for input in inputs {
      if input == "-" {
        tasks.append(FileTask(input: input, output: output!))
      } else if Files.isFolder(input) {
        var found = LeftOut(folder: input)
        for file in try Self.files(below: input, without: output, &found) {
          let target = isNull ? output! : output.map { $0 + "/" + file } ?? Self.besides(input + "/" + file)
          tasks.append(FileTask(input: input + "/" + file, output: target, makesFolder: true))
        }
        leftOut.append(found)
      } else {
        guard Files.kind(input) != nil else {
          throw Failure(.noInput, "\(input): there is no such file; check its name")
        }
        let target = intoFolder ? output! + "/" + FileName.last(input) : output ?? Self.besides(input)
        tasks.append(FileTask(input: input, output: target, makesFolder: intoFolder))
      }
    }
    let isNamed = output != nil && !intoFolder
    if !isNamed { tasks = Self.inOwnKind(tasks) }
    try Self.check(tasks, force: force)
    self.tasks = tasks
  }

  /// What ffmpeg reads it does not write for us: such an output is a WAV, `talk.m4a` becomes `talk.wav`, or
  /// `talk.m4a.wav` where another input becomes `talk.wav`.
  private static func inOwnKind(_ tasks: [FileTask]) -> [FileTask] {
    func isForeign(_ task: FileTask) -> Bool { FFmpegReader.extensions.contains(FileName.suffix(task.output)) }
    func short(_ task: FileTask) -> String {
      isForeign(task) ? FileName.withoutSuffix(task.output) + ".wav" : task.output
    }
    var wanted: [[UInt8]: Int] = [:]
    for task in tasks { wanted[FileName.bytes(short(task)), default: 0] += 1 }
    return tasks.map { task in
      guard isForeign(task) else { return task }
      let short = short(task)
      let isFree = wanted[FileName.bytes(short)] == 1
      return FileTask(
        input: task.input, output: isFree ? short : task.output + ".wav", makesFolder: task.makesFolder)
    }
  }

  private static func check(_ tasks: [FileTask], force: Bool) throws {
    var sources: [FileIdentity: String] = [:]
    for task in tasks where task.input != "-" {
      if let identity = FileIdentity(path: task.input) { sources[identity] = task.input }
    }
    // By their bytes.
    var targets: Set<[[UInt8]]> = []
    for task in tasks where task.output != "-" {
      let kind = Files.kind(task.output)
      if kind == .nullDevice { continue }
      guard targets.insert(standardised(task.output)).inserted else {
        throw Failure(
          .usage, "\(task.output) would be written twice; enhance inputs of equal names one by one")
      }
      if let clash = FileIdentity(path: task.output).flatMap({ sources[$0] }) {
        throw Failure(
          .cannotCreate,
          "\(task.output) is the input \(clash), which is never overwritten; name another output")
      }
      switch kind {
      case .folder: throw Failure(.cannotCreate, "\(task.output) is a folder; name a file with -o")
      case .other: throw AudioFileError.notReplaceable(path: task.output)
      case .regular where !force:
        throw Failure(
          .cannotCreate, "\(task.output) exists already; use --force to replace it, or name another output")
      default: break
      }
    }
  }

  /// A path's parts, without "." and "..".
  static func standardised(_ path: String) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    for part in FileName.bytes(path).split(separator: UInt8(ascii: "/")) where !part.elementsEqual([46]) {
      if part.elementsEqual([46, 46]), let last = parts.last, last != [46, 46] {
        parts.removeLast()
      } else {
        parts.append(Array(part))
      }
    }
    return (path.utf8.first == UInt8(ascii: "/") ? [[]] : []) + parts
  }

  /// NAME.clean.EXT
  static func besides(_ path: String) -> String {
    let stem = FileName.withoutSuffix(path)
    return stem + ".clean" + String(path.utf8.dropFirst(stem.utf8.count))!
  }

  /// Sound files below a folder, relative to it, sorted. Left out: hidden files and folders, earlier outputs
  /// (NAME.clean.EXT), the output folder where it lies within, and what is no sound that is known.
  private static func files(below folder: String, without output: String?, _ leftOut: inout LeftOut) throws -> [String]
  {
    let left = output.flatMap { FileIdentity(path: $0) }
    var files: [String] = []
    /// - Parameter above: folders on the way here; a link to one of them leads in a circle.
    func search(_ inner: String, _ above: Set<FileIdentity>) throws {
      let path = inner.isEmpty ? folder : folder + "/" + inner
      guard let names = Files.names(in: path) else {
        throw Failure(.noInput, "\(path): the folder cannot be read; check its permissions")
      }
      for name in names where name.utf8.first != UInt8(ascii: ".") {
        let file = inner.isEmpty ? name : inner + "/" + name
        if Files.isFolder(folder + "/" + file) {
          guard let identity = FileIdentity(path: folder + "/" + file), identity != left, !above.contains(identity),
            !Files.isLink(folder + "/" + file)
          else { continue }
          try search(file, above.union([identity]))
        } else if FileName.suffix(FileName.withoutSuffix(name)) == "clean" {
          continue
        } else if extensions.contains(FileName.suffix(name)) {
          files.append(file)
        } else if FFmpegReader.extensions.contains(FileName.suffix(name)) {
          if FFmpegReader.isInstalled { files.append(file) } else { leftOut.needingFFmpeg.append(file) }
        } else {
          leftOut.others.append(file)
        }
      }
    }
    try search("", Set([FileIdentity(path: folder)].compactMap(\.self)))
    guard !files.isEmpty else {
      let hint = leftOut.needingFFmpeg.isEmpty ? "" : " that can be read without ffmpeg; install it"
      throw Failure(.noInput, "\(folder): there are no sound files in this folder\(hint)")
    }
    return files.sorted { FileName.bytes($0).lexicographicallyPrecedes(FileName.bytes($1)) }
  }
}

extension FileList.LeftOut {
  /// What to say of it: a line, or with -v one a file.
  func notes(naming: Bool) -> [String] {
    func counted(_ files: [String], _ what: String) -> [String] {
      if files.isEmpty { return [] }
      if naming { return files.map { "\(folder)/\($0): left out, \(what)" } }
      return ["\(folder): \(files.count) file\(files.count == 1 ? "" : "s") left out, \(what); -v names them"]
    }
    return counted(others, "of a kind that is no sound") + counted(needingFFmpeg, "as ffmpeg is not installed")
  }
}
