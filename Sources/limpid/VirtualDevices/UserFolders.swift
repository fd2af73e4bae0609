import Foundation

/// Where a user's own files lie.
enum UserFolders {
  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  static var home: String { environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() }

  static var configuration: String {
    environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.config"
  }

  /// Of sockets, until the user logs out.
  static func runtime(environment: [String: String] = Self.environment) -> String {
    environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/run/user/\(getuid())"
  }
}
