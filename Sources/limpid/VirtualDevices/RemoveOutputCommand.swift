import ArgumentParser

/// `limpid remove-output`: takes it away again.
struct RemoveOutputCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove-output", abstract: "Takes the virtual output away, with what was set for it.")

  func run() throws {
    do { try Installation(device: .output).removeAndSay() } catch { throw Failure(error).end() }
  }
}
