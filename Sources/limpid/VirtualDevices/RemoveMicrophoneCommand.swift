import ArgumentParser

/// `limpid remove-microphone`: takes it away again.
struct RemoveMicrophoneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove-microphone", abstract: "Takes the virtual microphone away, with what was set for it.")

  func run() throws {
    do { try Installation(device: .microphone).removeAndSay() } catch { throw Failure(error).end() }
  }
}
