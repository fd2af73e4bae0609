import AudioFiles
import Ground
import Figures

/// Where the pictures of `enhance --figure` go: one file, or of several inputs a folder with an overview page.
struct FigurePlan: Sendable {
  /// Of several pictures; nil: there is one.
  private let folder: String?
  /// By the input's bytes.
  private let paths: [[UInt8]: String]
  private let force: Bool

  /// Looks before any sound is enhanced whether all pictures can be drawn and written.
  ///
  /// - Parameters:
  ///   - option: what was given.
  ///   - inputs: as they were named: folders, too.
  ///   - taken: other files that the command reads or writes.
  ///   - force: whether existing pictures may be replaced.
  /// - Throws: `Failure`, `FigureError`, `AudioFileError`.
  init(_ option: String, inputs: [String], tasks: [FileTask], taken: [String], force: Bool) throws {
    guard Figure.canDraw else { throw FigureError.noLibrary }
    let isFolder = option.utf8.last == UInt8(ascii: "/") && option.utf8.count > 1
    let option = isFolder ? String(option.utf8.dropLast())! : option
    let several = tasks.count != 1 || inputs.contains(where: Files.isFolder)
    self.force = force
    // As `limpid enhance *.wav --figure x.png` says it.
    if several, !isFolder, FileName.suffix(option) == "png", Files.kind(option) == nil {
      throw Failure(
        .usage,
        "\(option) names a picture, but what is to be drawn may be several; "
          + "name a folder, as --figure \(FileName.withoutSuffix(option))/")
    }
    if several || isFolder || Files.isFolder(option) {
      if let kind = Files.kind(option), kind != .folder {
        throw Failure(.usage, "\(option) is a file, not a folder; name a folder with --figure")
      }
      folder = option
      var paths: [[UInt8]: String] = [:]
      for task in tasks {
        paths[FileName.bytes(task.input)] = option + "/" + (task.input == "-" ? "standard-input" : task.name) + ".png"
      }
      self.paths = paths
      let drawn = tasks.filter { $0.failure == nil }.map { paths[FileName.bytes($0.input)]! }
      try Self.check(drawn + [option + "/" + Self.overview], tasks, taken, force)
      if Files.isFolder(option) { try Self.checkMayWrite(in: option) }
    } else {
      guard FileName.suffix(option) == "png" else {
        throw Failure(.usage, "\(option): figures are PNG; name a file that ends in .png with --figure, or a folder")
      }
      let above = FileName.folder(option)
      guard Files.isFolder(above) else {
        throw Failure(.cannotCreate, "\(above): there is no such folder; make it, or name another figure")
      }
      folder = nil
      paths = [FileName.bytes(tasks[0].input): option]
      try Self.check([option], tasks, taken, force)
      try Self.checkMayWrite(in: above)
    }
  }

  /// Before an hour of sound, not after it.
  private static func checkMayWrite(in folder: String) throws {
    guard FileName.withCString(folder, { access($0, W_OK) }) == 0 else {
      throw Failure(
        .cannotCreate, "\(folder): cannot be written to (\(systemReason())); allow it, or name another --figure")
    }
  }

  private static let overview = "index.html"

  /// Pictures take no input's place, no output's and no other picture's; and no file's without --force.
  private static func check(_ paths: [String], _ tasks: [FileTask], _ taken: [String], _ force: Bool) throws {
    let used = Set((tasks.flatMap(\.paths) + taken).map { Place($0) })
    var figures: Set<Place> = []
    for path in paths {
      let place = Place(path)
      guard !used.contains(place) else {
        throw Failure(.cannotCreate, "\(path) is used by this command already; name another file for --figure")
      }
      guard figures.insert(place).inserted else {
        throw Failure(.usage, "\(path) would be drawn twice; enhance inputs of equal names one by one")
      }
      switch Files.kind(path) {
      case .folder: throw Failure(.cannotCreate, "\(path) is a folder; name a file with --figure")
      case .other, .nullDevice: throw AudioFileError.notReplaceable(path: path)
      case .regular where !force:
        throw Failure(.cannotCreate, "\(path) exists already; use --force to replace it, or name another figure")
      case nil where Files.isLink(path):
        throw Failure(.cannotCreate, "\(path) is a link to what is not there; remove it, or name another figure")
      default: break
      }
    }
  }

  /// What draws one file's picture; nil for a file that is none of the command's.
  func recording(of task: FileTask) -> FigureRecording? {
    paths[FileName.bytes(task.input)].map { FigureRecording(path: $0, task: task, force: force) }
  }

  /// Writes the page that shows all pictures of a folder.
  ///
  /// - Throws: what writing throws.
  func writeOverview(of results: [FileResult]) throws {
    guard let folder else { return }
    guard Files.makeFolder(folder) == 0 else {
      throw Failure(.cannotCreate, "\(folder): the folder cannot be made; choose another with --figure")
    }
    let start = FileName.bytes(folder + "/").count
    let entries = results.map { result in
      let path = paths[FileName.bytes(result.task.input)]!
      return OverviewPage.Entry(
        picture: FileName.text(FileName.bytes(path).dropFirst(start)), summary: result.figure,
        failure: result.failure?.sentence)
    }
    try WholeFile.write(
      FileName.bytes(OverviewPage.html(entries)), to: folder + "/" + Self.overview, overwrite: force)
  }
}
