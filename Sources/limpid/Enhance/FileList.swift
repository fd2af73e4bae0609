import AudioFiles

/// One file to enhance.
struct FileTask: Sendable {
  /// Path, or "-".
  let input: String
  /// Path, or "-".
  var output: String
  /// Whether the output's folder is made when it is not there: below an output folder yes, for a single file a missing
  /// folder is more likely a slip of the pen.
  var makesFolder = false
  /// The input's place below the folder that was searched; the last part of its name where it was named itself.
  var name = ""
  /// Why it cannot be enhanced, where that is known before the others are: it does not keep them from being done.
  var failure: Failure?

  /// The files that it has.
  var paths: [String] { [input, output].filter { $0 != "-" && Files.kind($0) != .nullDevice } }
}

/// Which file goes where.
///
/// A file goes to `-o FILE`, or into `-o DIR`, or to NAME.clean.EXT beside it; a folder's files keep their places below
/// the output folder. Names are bytes (`FileName`): a composed and a decomposed é are two.
struct FileList {
  let tasks: [FileTask]
  /// Which all outputs lie below; nil: they lie beside their inputs, or the one output was named itself.
  let outputFolder: String?
  /// What a folder's search passed over.
  private(set) var leftOut: [LeftOut] = []

  /// Files of one folder that are not enhanced.
  struct LeftOut {
    let folder: String
    /// Of kinds that are no sound that is known.
    var others: [String] = []
    /// Of kinds that need ffmpeg, which is not installed.
    var needingFFmpeg: [String] = []
    /// Folders that a list names.
    var folders: [String] = []
    /// Links to folders, which may lead anywhere.
    var links: [String] = []
    /// Earlier outputs, which lie beside their inputs.
    var earlier: [String] = []
  }

  static let extensions: Set<String> = [
    "wav", "wave", "w64", "rf64", "aif", "aiff", "aifc", "flac", "ogg", "oga", "opus", "mp3", "caf", "au",
  ]

  /// - Parameters:
  ///   - list: files to take instead of all: below the one input, a folder, or, without input, as if each were one.
  ///   - force: whether outputs may exist.
  ///   - read: other files that the command reads.
  /// - Throws: `Failure` for an input that is not there, outputs that collide, exist, or are read. Of several inputs, and of what a list
  ///   names or a folder holds, none need be there: each has an answer of its own.
  init(inputs: [String], list: PathList? = nil, output: String?, force: Bool, read: [String] = []) throws {
    let folderMeant = output.map { $0.utf8.count > 1 && $0.utf8.last == UInt8(ascii: "/") } ?? false
    let output = folderMeant ? String(output!.utf8.dropLast())! : output
    let several = list != nil || inputs.count > 1 || inputs.contains(where: Files.isFolder)
    let folderWanted = several || folderMeant
    if several, output == "-" {
      throw Failure(.usage, "standard output takes one file; name an output folder with -o")
    }
    let isNull = output.map { Files.kind($0) == .nullDevice } ?? false
    let intoFolder = output.map { $0 != "-" && !isNull && (folderWanted || Files.isFolder($0)) } ?? false
    if intoFolder, let output, let kind = Files.kind(output), kind != .folder {
      throw Failure(.usage, "\(output) is a file, not a folder; name a folder with -o")
    }

    // As `limpid enhance *.wav -o clean.wav` says it.
    if several, !folderMeant, let output, Files.kind(output) == nil, Self.extensions.contains(FileName.suffix(output)) {
      throw Failure(
        .usage,
        "\(output) names a sound file, but what is to be enhanced may be several; "
          + "name a folder, as -o \(output.dropLast(FileName.suffix(output).count + 1))/")
    }

    var tasks: [FileTask] = []
    if let list {
      var foldersPassed: [String] = []
      for (path, inner) in try Self.listed(list.names, below: inputs.first) {
        if Files.isFolder(path) {
          foldersPassed.append(path)
          continue
        }
        let target = isNull ? output! : output.map { $0 + "/" + inner } ?? Self.besides(path)
        tasks.append(FileTask(input: path, output: target, makesFolder: output != nil, name: inner))
      }
      if !foldersPassed.isEmpty { leftOut.append(LeftOut(folder: "", folders: foldersPassed)) }
      guard !tasks.isEmpty else { throw Failure(.noInput, "the list names folders alone; list the files in them") }
    }
    for input in list == nil ? inputs : [] {
      let folder = Self.withoutLastSlashes(input)
      if input == "-" {
        tasks.append(FileTask(input: input, output: output!))
      } else if Files.isFolder(input) {
        var found = LeftOut(folder: folder)
        do {
          for (file, failure) in try Self.files(below: folder, without: output, &found) {
            let path = (folder == "/" ? "" : folder) + "/" + file
            let besides = failure == nil ? Self.besides(path) : path
            let target = isNull ? output! : output.map { $0 + "/" + file } ?? besides
            tasks.append(FileTask(input: path, output: target, makesFolder: true, name: file, failure: failure))
          }
        } catch let failure as Failure where inputs.count > 1 {
          let name = FileName.bytes(input).split(separator: UInt8(ascii: "/")).last.map(FileName.text) ?? input
          tasks.append(FileTask(input: input, output: output ?? input, name: name, failure: failure))
        }
        leftOut.append(found)
      } else {
        var missing: Failure?
        if Files.kind(input) == nil { missing = Failure(AudioFileError.whyNone(path: input)) }
        if inputs.count == 1, let missing { throw missing }
        let target = intoFolder ? output! + "/" + FileName.last(input) : output ?? Self.besides(input)
        tasks.append(
          FileTask(
            input: input, output: target, makesFolder: intoFolder, name: FileName.last(input), failure: missing))
      }
    }
    let isNamed = output != nil && !intoFolder
    if !isNamed { tasks = Self.inOwnKind(tasks, isListed: list != nil) }
    let remedy = ", or give the folder that they lie in (limpid enhance FOLDER --files-from LIST)"
    try Self.check(tasks, read: read, force: force, twiceRemedy: list != nil && inputs.isEmpty ? remedy : "")
    self.tasks = tasks
    outputFolder = intoFolder ? output : nil
  }

  /// As a folder's name is put before those of its files: `find` and people end it in any number of slashes.
  private static func withoutLastSlashes(_ folder: String) -> String {
    let bytes = folder.utf8
    let count = bytes.reversed().prefix { $0 == UInt8(ascii: "/") }.count
    return String(bytes.dropLast(min(count, max(0, bytes.count - 1))))!
  }

  /// A list's names as paths, and as places below the folder; each once.
  ///
  /// - Parameter folder: that they are relative to, or that they begin with; nil: a name's last part is its place. It may be among
  ///   them itself, as `find` prints it.
  private static func listed(_ names: [String], below folder: String?) throws -> [(path: String, inner: String)] {
    var seen: Set<[UInt8]> = []
    var files: [(path: String, inner: String)] = []
    guard let folder else {
      for name in names where seen.insert(FileName.bytes(name)).inserted {
        // "-" is standard input on the command line alone.
        files.append((FileName.isSame(name, "-") ? "./-" : name, FileName.last(name)))
      }
      return files
    }
    guard Files.isFolder(folder) else {
      throw Failure(
        .usage, "with --files-from the one input is the folder that the list's files lie in, and \(folder) is none")
    }
    let root = withoutLastSlashes(folder)
    let above = root.utf8.last == UInt8(ascii: "/") ? root : root + "/"
    func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }
    /// Without those that lead nowhere.
    func parts(_ path: String) -> [ArraySlice<UInt8>] {
      FileName.bytes(path).split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual([46]) }
    }
    let rootParts = parts(root)
    func isBegun(_ name: String) -> Bool {
      isAbsolute(name) == isAbsolute(root) && parts(name).starts(with: rootParts)
    }
    let areAllBegun = names.allSatisfy(isBegun)
    for name in names {
      var inner = parts(name)
      var isBelow = !isAbsolute(name)
      // `find recordings` says recordings/a.wav, and `cd recordings && find` ./a.wav, or ./recordings/a.wav of a folder within.
      let isMeant = areAllBegun || name.utf8.starts(with: above.utf8)
      let isThere = inner.count > rootParts.count ? isMeant && Files.kind(name) != nil : inner.isEmpty
      if isBegun(name), isThere || Files.kind(above + name) == nil {
        inner.removeFirst(rootParts.count)
        isBelow = true
        if inner.isEmpty {
          if seen.insert([]).inserted { files.append((root, "")) }
          continue
        }
      }
      guard isBelow, !inner.isEmpty, !inner.contains(where: { $0.elementsEqual([46, 46]) }) else {
        throw Failure(.usage, "\(name) does not lie in \(folder); list files of that folder")
      }
      let bytes = Array(inner.joined(separator: [UInt8(ascii: "/")]))
      if seen.insert(bytes).inserted { files.append((above + FileName.text(bytes), FileName.text(bytes))) }
    }
    return files
  }

  /// What ffmpeg reads it does not write for us: such an output is a WAV, `talk.m4a` becomes `talk.wav`, or
  /// `talk.m4a.wav` where another input becomes `talk.wav`.
  private static func inOwnKind(_ tasks: [FileTask], isListed: Bool) -> [FileTask] {
    func isForeign(_ task: FileTask) -> Bool { FFmpegReader.extensions.contains(FileName.suffix(task.output)) }
    func short(_ task: FileTask) -> String {
      isForeign(task) ? FileName.withoutSuffix(task.output) + ".wav" : task.output
    }
    var wanted: [[UInt8]: Int] = [:]
    for task in tasks { wanted[FileName.bytes(short(task)), default: 0] += 1 }
    return tasks.map { task in
      guard isForeign(task) else { return task }
      let short = short(task)
      // Of a list, the other may stand in another one.
      let other = FileName.withoutSuffix(task.input) + ".wav"
      let isFree = wanted[FileName.bytes(short)] == 1 && (!isListed || Files.kind(other) == nil)
      var renamed = task
      renamed.output = isFree ? short : task.output + ".wav"
      return renamed
    }
  }

  /// - Parameters:
  ///   - read: other files that the command reads.
  ///   - twiceRemedy: what else helps where two outputs have one name.
  private static func check(_ tasks: [FileTask], read: [String], force: Bool, twiceRemedy: String) throws {
    let tasks = tasks.filter { $0.failure == nil }
    var sources: [FileIdentity: String] = [:]
    for task in tasks where task.input != "-" {
      if let identity = FileIdentity(path: task.input) { sources[identity] = task.input }
    }
    let others = Set(read.compactMap { FileIdentity(path: $0) })
    var folders: [[UInt8]: Place] = [:]
    func folder(_ path: String) -> Place {
      let name = FileName.bytes(path)
      if let place = folders[name] { return place }
      let place = Place(path, folder: folder)
      folders[name] = place
      return place
    }
    var targets: [Place: [String]] = [:]
    for task in tasks where task.output != "-" {
      let kind = Files.kind(task.output)
      if kind == .nullDevice { continue }
      let place = Place(task.output, folder: folder)
      let before = targets[place, default: []]
      guard before.allSatisfy({ areHardLinks($0, task.output) }) else {
        throw Failure(
          .usage, "\(task.output) would be written twice; enhance inputs of equal names one by one\(twiceRemedy)")
      }
      targets[place] = before + [task.output]
      if let clash = place.identity.flatMap({ sources[$0] }) {
        throw Failure(
          .cannotCreate,
          "\(task.output) is the input \(clash), which is never overwritten; name another output")
      }
      if let identity = place.identity, others.contains(identity) {
        throw Failure(.cannotCreate, "\(task.output) is used by this command already; name another output")
      }
      switch kind {
      case .folder: throw Failure(.cannotCreate, "\(task.output) is a folder; name a file with -o")
      case .other: throw AudioFileError.notReplaceable(path: task.output)
      case .regular where !force:
        throw Failure(
          .cannotCreate, "\(task.output) exists already; use --force to replace it, or name another output")
      case nil where Files.isLink(task.output):
        throw Failure(
          .cannotCreate, "\(task.output) is a link to what is not there; remove it, or name another output")
      default: break
      }
    }
  }

  /// Whether two names of one file have no link in them that leads to the other: each can be replaced without the other.
  private static func areHardLinks(_ a: String, _ b: String) -> Bool {
    guard let a = Files.resolved(a), let b = Files.resolved(b) else { return false }
    return !FileName.isSame(a, b)
  }

  /// NAME.clean.EXT
  static func besides(_ path: String) -> String {
    let stem = FileName.withoutSuffix(path)
    return stem + ".clean" + String(path.utf8.dropFirst(stem.utf8.count))!
  }

  /// NAME.clean.EXT; NAME.clean.m4a.wav, too (`inOwnKind`).
  private static func isEarlierOutput(_ name: String) -> Bool {
    let stem = FileName.withoutSuffix(name)
    let isForeign = FFmpegReader.extensions.contains(FileName.suffix(stem))
    return FileName.suffix(isForeign ? FileName.withoutSuffix(stem) : stem) == "clean"
  }

  /// Sound files below a folder, relative to it, sorted, and folders in it that cannot be read, with what to say of them. Left out:
  /// hidden files and folders, links to folders, the output folder where it lies within, what is no sound that is known, and, where
  /// outputs lie beside their inputs, earlier ones.
  private static func files(
    below folder: String, without output: String?, _ leftOut: inout LeftOut
  ) throws -> [(name: String, failure: Failure?)] {
    let left = output.flatMap { FileIdentity(path: $0) }
    var files: [(name: String, failure: Failure?)] = []
    /// - Parameter above: folders on the way here; a link to one of them leads in a circle.
    func search(_ inner: String, _ above: Set<FileIdentity>) throws {
      let path = inner.isEmpty ? folder : folder + "/" + inner
      guard let names = Files.names(in: path) else {
        let failure = Failure(.noInput, "\(path): the folder cannot be read; check its permissions")
        if inner.isEmpty { throw failure }
        files.append((inner, failure))
        return
      }
      for name in names where name.utf8.first != UInt8(ascii: ".") {
        let file = inner.isEmpty ? name : inner + "/" + name
        if Files.isFolder(folder + "/" + file) {
          guard let identity = FileIdentity(path: folder + "/" + file), identity != left, !above.contains(identity)
          else { continue }
          if Files.isLink(folder + "/" + file) {
            leftOut.links.append(file)
          } else {
            try search(file, above.union([identity]))
          }
        } else if output == nil, isEarlierOutput(name) {
          leftOut.earlier.append(file)
        } else if extensions.contains(FileName.suffix(name)) {
          files.append((file, nil))
        } else if FFmpegReader.extensions.contains(FileName.suffix(name)) {
          if FFmpegReader.isInstalled { files.append((file, nil)) } else { leftOut.needingFFmpeg.append(file) }
        } else {
          leftOut.others.append(file)
        }
      }
    }
    try search("", Set([FileIdentity(path: folder)].compactMap(\.self)))
    guard !files.isEmpty else {
      let hint =
        !leftOut.needingFFmpeg.isEmpty
        ? " that can be read without ffmpeg; install it"
        : !leftOut.earlier.isEmpty ? " but earlier outputs (NAME.clean.EXT); name a folder with -o to enhance them" : ""
      throw Failure(.noInput, "\(folder): there are no sound files in this folder\(hint)")
    }
    return files.sorted { FileName.bytes($0.name).lexicographicallyPrecedes(FileName.bytes($1.name)) }
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
    if !folders.isEmpty {
      return naming
        ? folders.map { "\($0): passed over, as it is a folder" }
        : ["\(folders.count) folder\(folders.count == 1 ? "" : "s") in the list passed over; list files"]
    }
    return counted(others, "of a kind that is no sound") + counted(needingFFmpeg, "as ffmpeg is not installed")
      + counted(links, "a link to a folder") + counted(earlier, "an earlier output (NAME.clean.EXT)")
  }
}
