import ArgumentParser

/// `limpid remove-microphone`: takes it away again.
struct RemoveMicrophoneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove-microphone", abstract: "Takes the virtual microphone away, with what was set for it.")

  func run() throws {
    do {
      let removed = try Microphone.remove()
      try putOut(removed.wasThere ? "The virtual microphone is gone." : "There was no virtual microphone.")
      if let remark = removed.remark { Terminal.complain("note", remark) }
    } catch { throw Failure(error).end() }
  }
}
