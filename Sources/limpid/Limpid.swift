import ArgumentParser

/// `limpid`: the command line. One file a command.
@main
struct Limpid: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limpid",
    abstract: "Makes noisy speech clear, frame by frame, on an ordinary CPU.",
    discussion: """
      limpid enhance noisy.wav -o clean.wav      one file
      limpid enhance recordings/ -o clean/       a folder, in parallel
      limpid presets                             what --preset can name

      Exit codes:
        0    all went well
        64   wrong use, an option out of range
        65   input that is not audio, or is damaged
        66   there is no such input
        70   a fault of the program
        73   an output that cannot be made or written
        78   a preset, weights file or noise profile that cannot be used
        130  interrupted (nothing is left half-written)
      """,
    version: "limpid 0.1.0",
    subcommands: [EnhanceCommand.self, PresetsCommand.self, InfoCommand.self])
}
