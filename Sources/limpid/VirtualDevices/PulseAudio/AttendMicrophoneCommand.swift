import ArgumentParser
import Foundation

/// `limpid attend-microphone`: what the user unit runs on PulseAudio. No command for people.
struct AttendMicrophoneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attend-microphone",
    abstract:
      "Lets the virtual microphone on PulseAudio rest while nobody listens, and connects it to a real one that comes.",
    discussion: "The unit limpid-microphone.service runs it; see limpid install-microphone.", shouldDisplay: false)

  func run() throws {
    var told = ""
    while true {
      // PulseAudio may come later; its restarts end what subscribes to it.
      do {
        try PulseAudioAttendant.attend()
        told = ""
      } catch {
        let sentence = Failure(error).sentence
        if sentence != told { Terminal.complain("error", sentence) }
        told = sentence
      }
      sleep(5)
    }
  }
}
