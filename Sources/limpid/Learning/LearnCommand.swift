import ArgumentParser
import Enhancement
import Foundation

/// `limpid learn`: a sound that is not wanted, kept by name.
struct LearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn", abstract: "Learns a sound that is to be removed: a voice, a television, a machine.",
    discussion: """
        limpid learn tv.wav --name tv                            the whole recording
        limpid learn talk.wav --from 0:10 --to 0:14 --name tv    four seconds of it
        limpid enhance talk.wav -o clean.wav --remove tv

      What was learned goes, even where it is a voice. Two to four seconds in
      which it sounds alone are enough; who is to stay must hardly be in it.
      Without it, no voice is ever removed, and music and laughter are kept or
      removed as the model takes them for voice or noise. It takes a model with
      tokens for it; the presets have one (wide), which is then heard alone.
      While a voice is to be removed, the weaker of any two voices goes; with
      --learned-voices heard it goes only while the learned one speaks, as far as
      that can be told: others are kept better, and some of the learned one stays.
      """)

  @Argument(help: "A sound file.", completion: .file())
  var sound: String

  @Option(help: "What it is called from now on.")
  var name: String

  @Option(parsing: .unconditional, help: "Where to begin, in seconds or minutes:seconds.")
  var from: String?

  @Option(parsing: .unconditional, help: "Where to end.")
  var to: String?

  @Flag(help: "Replace what was learned under this name.")
  var force = false

  func run() throws {
    do {
      try ProfileStore.checkNew(name)
      let start = try from.map { try LearnedSound.seconds($0, "--from") } ?? 0
      let end = try to.map { try LearnedSound.seconds($0, "--to") }
      if let end, end <= start {
        throw Failure(
          .usage,
          end < start
            ? "--to lies before --from; exchange them"
            : from == nil
              ? "--to lies at the beginning, so there is nothing to learn; give a later time"
              : "--to is the time of --from, so there is nothing to learn; give a later one")
      }
      let noise = try LearnedSound(path: sound, from: start, to: end).learn()
      try ProfileStore.save(noise, as: name, replacing: force)
      try putOut(
        String(format: "learned '%@' from %.1f s of sound; remove it with --remove %@", name, noise.duration, name))
    } catch {
      throw Failure(error).end()
    }
  }
}
