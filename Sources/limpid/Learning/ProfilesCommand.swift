import ArgumentParser
import Enhancement
import Foundation

/// `limpid profiles`: what was learned.
struct ProfilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profiles", abstract: "Lists or removes what was learned.",
    subcommands: [List.self, Remove.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Names, and the seconds of sound that each holds.")

    func run() throws {
      do {
        for name in try ProfileStore.names() {
          let noise: LearnedNoise
          do { noise = try ProfileStore.load(name) } catch {
            Terminal.complain("warning", Failure(error).sentence)
            continue
          }
          try putOut(String(format: "%@  %.1f s", name, noise.duration))
        }
      } catch { throw Failure(error).end() }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forgets what was learned under these names.")

    @Argument(help: "Names, as limpid profiles lists them.", completion: .profiles)
    var names: [String]

    func run() throws {
      do { for name in names { try ProfileStore.remove(name) } } catch { throw Failure(error).end() }
    }
  }
}
