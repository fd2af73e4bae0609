import ArgumentParser
import Ground

/// `limpid presets`: what `--preset` can name.
struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets", abstract: "Lists the presets, with a line on each.",
    discussion: """
      A preset is a TOML file of a few keys. They are looked for in these folders, first to last; of equal names the first \
      counts. A relative `model` is looked for beside the preset, then in all of them; without the key it is the light one. Our own \
      models are looked for in $LIMPID_MODELS, then in `models` in each.

      \(places)
      """
  )

  /// Every place, and what it is here. Manuals, which are made of a dump of all help, are for any machine.
  private static var places: String {
    let isManual = CommandLine.arguments.contains("--experimental-dump-help")
    return PresetStore.places.enumerated().map { n, place in
      let here = isManual ? [] : place.folders.map { "       " + $0 }
      return (["  \(n + 1). \(place.meaning)"] + here).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  @Flag(name: .long, help: "Also print where each file lies.")
  var paths = false

  func run() throws {
    let files = PresetStore.paths()
    guard !files.isEmpty else {
      throw Failure(.configuration, "no presets were found; \(PresetStore.remedy)").end()
    }
    var failed: Failure?
    let width = files.map { $0.split(separator: "/").last!.count - 5 }.max() ?? 0
    for file in files {
      let preset: Preset
      do { preset = try Preset(path: file) } catch {
        let failure = Failure(error)
        Terminal.complain("error", failure.sentence)
        failed = failure
        continue
      }
      let padding = String(repeating: " ", count: width - preset.name.count + 2)
      do { try putOut(preset.name + padding + printable(preset.description) + (paths ? "\n    \(file)" : "")) } catch {
        throw Failure(error).end()
      }
    }
    if let failed { throw ExitCode(failed.code.rawValue) }
  }
}
