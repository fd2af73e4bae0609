import Foundation

/// Where the running program lies.
enum Program {
  /// The file that runs, links resolved; nil where /proc is not there.
  static var executable: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }

  /// The same, where nothing goes without it.
  static var whereItLies: String {
    get throws {
      guard let executable else {
        throw Failure(.software, "/proc is not there, so limpid does not know where it lies; mount it")
      }
      return executable
    }
  }

  /// The name it was called by, every link on the way from there, and the file itself.
  static var names: [String] { links(from: called).reversed() + [executable].compactMap(\.self) }

  /// The path of argv[0]: as given, or the first on the PATH.
  private static var called: String? {
    guard let name = CommandLine.arguments.first, !name.isEmpty else { return nil }
    if name.contains("/") { return URL(fileURLWithPath: name).standardizedFileURL.path }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// A path and, where it is a link, what it points to, and so on.
  static func links(from path: String?) -> [String] {
    var found: [String] = []
    var next = path
    // The kernel follows 40 links at most.
    while let path = next, found.count < 40 {
      found.append(path)
      next = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)).map { target in
        target.hasPrefix("/")
          ? target
          : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(target).standardizedFileURL
            .path
      }
    }
    return found
  }
}
