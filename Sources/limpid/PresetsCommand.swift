import ArgumentParser

/// `limpid presets`: what `--preset` can name.
struct PresetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets", abstract: "Lists the presets, with a line on each.",
    discussion: "A preset is a TOML file. They are looked for in $LIMPID_PRESETS, ~/.config/limpid/presets, "
      + "~/.local/share/limpid/presets, the checkout that limpid was built in, and /usr/share/limpid/presets."
  )

  @Flag(name: .long, help: "Also print where each file lies.")
  var paths = false

  func run() throws {
    let files = PresetStore.paths()
    guard !files.isEmpty else {
      throw Failure(
        .configuration, "no presets were found; set LIMPID_PRESETS to the folder that holds them"
      ).end()
    }
    var failed: Failure?
    let width = files.map { $0.split(separator: "/").last!.count - 5 }.max() ?? 0
    for file in files {
      do {
        let preset = try Preset(path: file)
        let padding = String(repeating: " ", count: width - preset.name.count + 2)
        try putOut(preset.name + padding + preset.description + (paths ? "\n    \(file)" : ""))
      } catch {
        let failure = Failure(error)
        Terminal.complain("error", failure.sentence)
        failed = failure
      }
    }
    if let failed { throw ExitCode(failed.code.rawValue) }
  }
}
