import Foundation

/// Where a user's own files lie (XDG Base Directory Specification, by which a relative path in a variable is ignored).
///
/// - Parameter environment: of each: where HOME and the specification's variables are looked up.
enum UserFolders {
  private static var ownEnvironment: [String: String] { ProcessInfo.processInfo.environment }

  static var home: String { home(environment: ownEnvironment) }
  static func home(environment: [String: String]) -> String {
    environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
  }

  static var configuration: String { folder("XDG_CONFIG_HOME", ".config", ownEnvironment) }

  /// What the user made, such as noise profiles.
  static func data(environment: [String: String]) -> String { folder("XDG_DATA_HOME", ".local/share", environment) }

  /// What programs keep from one run to the next.
  static func state(environment: [String: String]) -> String { folder("XDG_STATE_HOME", ".local/state", environment) }

  /// Of sockets, until the user logs out.
  static func runtime(environment: [String: String] = Self.ownEnvironment) -> String {
    environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/run/user/\(getuid())"
  }

  private static func folder(_ variable: String, _ standard: String, _ environment: [String: String]) -> String {
    environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home(environment: environment) + "/" + standard
  }
}
