import ArgumentParser
import AudioFiles
import Foundation
import Synchronization

/// `limpid enhance`: sound files, folders or raw PCM through the streaming enhancer.
struct EnhanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enhance", abstract: "Enhances recordings: files, folders, or raw PCM through a pipe.",
    discussion: """
      Reads WAV (RF64, W64), AIFF, FLAC, Ogg, Opus and MP3 of 8 to 192 kHz and up to 32 channels, and WavPack, m4a, mp4, \
      webm and wma where ffmpeg is installed. The output has the input's length, rate, channels, encoding and tags (its \
      extension may name another container), lines up with it in time, and appears under its name only when it is \
      whole; the input is never overwritten. Without -o the output is NAME.clean.EXT beside the input. Folders are \
      searched through, and keep their tree below the output folder. With -o /dev/null nothing is kept.

      With --skip-done an interrupted run of a folder is taken up again: what is there, whole and made of the same content with the \
      same settings, weights and program, is not made again. Several processes, also of several machines on one network folder, \
      then share the work: none makes what another has made or is making. The list of what was made is \
      .limpid-manifest.jsonl in the output folder.

      Standard input (-) that begins with the header of a WAV or another sound file needs no --raw, and -o - without \
      --raw writes WAV.

        limpid enhance noisy.wav -o clean.wav
        limpid enhance interview.mp3 -o interview.flac --preset quality
        limpid enhance recordings/ -o clean/ --jobs 4 --json > report.json
        limpid enhance interviews/ -o clean/ --skip-done --json-lines > report.jsonl
        find interviews -newer list -name '*.wav' -print0 | limpid enhance interviews --files-from - -0 -o clean/ --skip-done
        limpid enhance hall.wav -o hall-clean.wav --attenuation-limit 15
        limpid enhance hall.wav -o as-heard-live.wav --realtime
        limpid enhance hall.wav -o hall-clean.wav --figure hall.png
        arecord -f S16_LE -r 48000 | limpid enhance - -o - | aplay
      """)

  @Argument(help: "Sound files and folders; - for standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: """
      Enhance the files that this list names, one a line; - for standard input. With a folder as the one input the names are \
      of files in it, which keep their places below the output folder.
      """, completion: .file())
  var filesFrom: String?

  @Flag(name: [.customShort("0"), .long], help: "A zero byte, not a line's end, is behind each name of the list.")
  var null = false

  @Flag(help: "Print the names of the files that would be enhanced, as --files-from takes them, and end.")
  var list = false

  @Flag(
    help:
      "Take up an earlier run: leave out what is done, by content and settings, and share the rest with other processes."
  )
  var skipDone = false

  // tools/archive: a long recording over several machines.
  @Option(help: ArgumentHelp("Seconds of a span of a recording, 60 or more.", visibility: .hidden))
  var spanLength: Int?
  @Option(help: ArgumentHelp("Only this span, from 0, after the sound before it was heard.", visibility: .hidden))
  var span: Int?
  @Option(help: ArgumentHelp("Join the spans that lie in FOLDER/0, FOLDER/1 and so on.", visibility: .hidden))
  var joinSpans: String?

  @Option(
    name: .shortAndLong, help: "Output file, or folder (ends in /, exists, or takes several); - for a pipe.",
    completion: .file())
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace outputs that exist already.")
  var force = false

  @Flag(help: "Refuse input that is damaged, rather than take what is there and say so.")
  var strict = false

  @Flag(name: .shortAndLong, help: "Say what was left out, what is unusual, and what an output could not keep.")
  var verbose = false

  @OptionGroup(title: "How to enhance")
  var sound: SoundOptions

  @OptionGroup(title: "Raw PCM (with - as input or output)")
  var raw: RawOptions

  @Option(
    name: .shortAndLong, parsing: .unconditional, help: "Files worked on at once (default: one a processor core).")
  var jobs: Int?

  @Option(
    parsing: .unconditional,
    help: "Seconds of a file's beginning that are heard before it is enhanced, 0 to 10 (default: the preset's).")
  var warmUp: Float?

  @OptionGroup var wayBack: WayBackOptions

  @Flag(name: .long, help: "Print a report for machines on standard output.")
  var json = false

  @Flag(help: "Print a line of JSON on standard output as each file ends.")
  var jsonLines = false

  @Option(
    help: """
      Draw what changed, as PNG: spectrograms, levels, what was taken for noise. Of several inputs a folder of pictures, with an \
      overview page, index.html.
      """,
    completion: .file(extensions: ["png"]))
  var figure: String?

  @Flag(name: .long, help: "One file after the other through the live worker, at the pace of a device.")
  var realtime = false

  @Option(parsing: .unconditional, help: "Samples of a block with --realtime (default: 256).")
  var period: Int?

  func validate() throws {
    guard !inputs.contains(""), output != "", figure != "" else {
      throw ValidationError("a name is empty; is a variable of your shell not set?")
    }
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("--jobs \(jobs) is out of range; give 1 to 256")
    }
    if let warmUp, let fault = Plan.fault(ofWarmUp: warmUp) { throw ValidationError("--warm-up \(warmUp) \(fault)") }
    if let period {
      guard realtime else { throw ValidationError("--period belongs to --realtime; add that, or leave it out") }
      guard (16...8192).contains(period) else {
        throw ValidationError("--period \(period) is out of range; give 16 to 8192 samples")
      }
    }
    if realtime, let jobs, jobs > 1 {
      throw ValidationError("--realtime takes one file after the other; leave out --jobs")
    }
    if inputs.contains("-") {
      if inputs.count > 1 { throw ValidationError("- (standard input) cannot be one of several inputs") }
      if output == nil {
        throw ValidationError("name an output for standard input: -o FILE, or -o - for a pipe")
      }
    }
    if output == "-", json || jsonLines || list {
      let option = json ? "--json" : jsonLines ? "--json-lines" : "--list"
      throw ValidationError("\(option) and -o - both want standard output; write to a file instead")
    }
    if json, jsonLines { throw ValidationError("--json and --json-lines are two forms of one report; leave one out") }
    if let kind = raw.sampleFormat, !inputs.contains("-"), output != "-", !inputs.isEmpty {
      throw ValidationError(
        "--raw is of standard input and output, and no file is read so; pipe it in: limpid enhance - --raw \(kind) < FILE"
      )
    }
    try validateArchive()
  }

  private func validateArchive() throws {
    if null, filesFrom == nil, !list {
      throw ValidationError("--null belongs to --files-from and --list; add one of them")
    }
    if let filesFrom {
      guard !filesFrom.isEmpty else { throw ValidationError("--files-from names no file; is a variable not set?") }
      guard inputs.count <= 1, inputs != ["-"] else {
        throw ValidationError(
          "--files-from takes one folder beside the list, or none; put the other names into the list")
      }
    }
    if spanLength != nil || span != nil || joinSpans != nil {
      guard let spanLength, (60...86400).contains(spanLength), (span == nil) != (joinSpans == nil), (span ?? 0) >= 0
      else {
        throw ValidationError("--span-length (60 to 86400 s) goes with --span (from 0) or with --join-spans; give both")
      }
      guard skipDone else { throw ValidationError("spans are for --skip-done; add that") }
    }
    if skipDone {
      if figure != nil {
        throw ValidationError("--figure is drawn as a file is made, and --skip-done leaves files out; leave one out")
      }
      if realtime {
        throw ValidationError("--skip-done is not for --realtime, whose output is a matter of time; leave one out")
      }
      if inputs == ["-"] { throw ValidationError("--skip-done is for files; leave it out with standard input") }
      if sound.saveNoiseProfile != nil {
        throw ValidationError("--skip-done would leave --save-noise-profile out, too; leave out one of them")
      }
    }
  }

  func run() throws {
    // Not in `validate`, which comes before an option that is not known is told.
    guard !inputs.isEmpty || filesFrom != nil else {
      throw ValidationError("there are no inputs; name at least one file, folder, or -")
    }
    // What goes on through a pipe is there already.
    Interruption.prepare(keepingRecordings: inputs == ["-"] && output != "-")
    do {
      try refuseTerminal()
      let names = try filesFrom.map { try PathList(path: $0, endsInZero: null) }
      // Through a pipe or at a device's pace nothing can be heard beforehand.
      let isFirstHeard = inputs != ["-"] && !realtime
      let standard = isFirstHeard ? SoundOptions.filePreset : SoundOptions.standardPreset
      let read =
        sound.filesRead(standard: standard) + (isFirstHeard ? wayBack.filesRead(sound, standard: standard) : [])
        + [filesFrom].compactMap(\.self).filter { $0 != "-" }
      // Outputs that are there are looked at one by one, and those that are to be listed not at all.
      let files = try FileList(
        inputs: inputs, list: names, output: output, force: force || skipDone || list, read: read)
      let tasks = files.tasks
      for note in files.leftOut.flatMap({ $0.notes(naming: verbose) }) { Terminal.complain("note", note) }
      if list { return try show(tasks) }
      if let profile = sound.saveNoiseProfile { try check(profile, tasks, read) }
      let taken = read + [sound.saveNoiseProfile].compactMap(\.self)
      let figures = try figure.map {
        try FigurePlan($0, inputs: inputs, tasks: tasks, taken: taken, force: force)
      }
      if warmUp != nil, !isFirstHeard {
        throw Failure(.usage, "--warm-up is for files; leave it out with --realtime and standard input")
      }
      var plan = try sound.plan(standard: standard, learnsLater: false)
      if !isFirstHeard { try wayBack.refuseNetworks() }
      plan.warmUp = isFirstHeard ? warmUp ?? plan.warmUp : 0
      if isFirstHeard { try wayBack.add(to: &plan, sound) }
      if let spanLength {
        let layout = SpanLayout(length: spanLength)
        plan.spans = joinSpans.map { .joined(folder: $0, layout) } ?? span.map { .span($0, layout) }
      }
      var batch = Batch(
        tasks: tasks, plan: plan, raw: raw.pcm, jobs: realtime ? 1 : jobs ?? cores, force: force,
        live: realtime ? LivePass(block: period ?? 256) : nil, isStrict: strict, isVerbose: verbose,
        figures: figures)
      if skipDone {
        guard let folder = files.outputFolder else {
          throw Failure(.usage, "--skip-done keeps a manifest in the output folder; name that with -o, ending in /")
        }
        batch.resumption = try Resumption(folder: folder, plan: plan, force: force)
      }
      let lines = LineReport()
      if jsonLines { batch.ended = lines.add }
      let results = batch.run()
      if json { try JSONReport(results, skipsDone: skipDone).print() }
      if !json, !jsonLines, output != "-" { try summarise(results) }
      conclude(results, batch.resumption)
      try lines.check()
      try figures?.writeOverview(of: results)
      if let failure = results.lazy.compactMap(\.failure).first { throw ExitCode(failure.code.rawValue) }
    } catch let code as ExitCode {
      throw code
    } catch {
      throw Failure(error).end()
    }
  }

  /// Names as `--files-from` takes them.
  private func show(_ tasks: [FileTask]) throws {
    let names = tasks.filter { $0.failure == nil }.map(\.input)
    guard null || !names.contains(where: { $0.utf8.contains(UInt8(ascii: "\n")) }) else {
      throw Failure(
        .usage, "a name has a line's end in it, and would be taken for two; add -0 to --list and to --files-from")
    }
    let code = writeEverything(names.map { $0 + (null ? "\0" : "\n") }.joined(), to: STDOUT_FILENO)
    if code != 0, code != EPIPE { throw standardOutputFailure(code) }
    let failures = tasks.compactMap(\.failure)
    for failure in failures { Terminal.complain("error", failure.sentence) }
    if let failure = failures.first { throw ExitCode(failure.code.rawValue) }
  }

  /// What of a large number of files must not be scrolled away.
  private func conclude(_ results: [FileResult], _ resumption: Resumption?) {
    if let count = resumption?.unreadableLines, count > 0, verbose {
      Terminal.complain(
        "note",
        "\(count) line\(count == 1 ? "" : "s") of the manifest cannot be read, and \(count == 1 ? "was" : "were") passed over"
      )
    }
    guard skipDone || filesFrom != nil else { return }
    let failed = results.filter { $0.failure != nil }
    if failed.count > 1 || failed.count == 1 && results.count > 1 {
      Terminal.complain(
        "error",
        "\(failed.count) of \(results.count) files were not enhanced: "
          + failed.map(\.task.input).joined(separator: ", "))
    }
  }

  /// The saved noise profile is an output like any other: it takes the place of no other output, of nothing that is read, and
  /// without --force of no file.
  private func check(_ profile: String, _ tasks: [FileTask], _ read: [String]) throws {
    guard tasks.count == 1 else {
      throw Failure(
        .usage, "--save-noise-profile takes one input, not \(tasks.count); enhance them one by one")
    }
    let place = Place(profile)
    if (tasks[0].paths + read).contains(where: { Place($0) == place }) {
      throw Failure(
        .cannotCreate,
        "\(profile) is used by this command already; name another file for --save-noise-profile")
    }
    if let kind = try? FileManager.default.attributesOfItem(atPath: profile)[.type] as? FileAttributeType {
      guard kind == .typeRegular else { throw AudioFileError.notReplaceable(path: profile) }
      guard force else {
        throw Failure(
          .cannotCreate, "\(profile) exists already; use --force to replace it, or name another file")
      }
    }
  }

  /// Samples from a keyboard or on a screen are a mistake.
  private func refuseTerminal() throws {
    if output == "-", isatty(STDOUT_FILENO) != 0 {
      throw Failure(
        .usage, "sound would fill the terminal; pipe it to another program, or name a file with -o")
    }
    if inputs.contains("-"), isatty(STDIN_FILENO) != 0 {
      throw Failure(.usage, "there is no sound on a terminal; pipe it in, or name a file")
    }
  }

  private var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// One line a file, for people; nothing when standard output is no terminal and there were no surprises to tell.
  private func summarise(_ results: [FileResult]) throws {
    guard isatty(STDOUT_FILENO) != 0 else { return }
    for result in results {
      if result.doneBefore != nil, verbose { try putOut(result.task.output + ": done before") }
      guard let report = result.report else { continue }
      let reduction =
        report.noiseReductionInDecibels.map { String(format: ", noise %.1f dB lower", $0) } ?? ""
      try putOut(
        result.task.output
          + String(format: ": %.1f s in %.1f s", report.durationInSeconds, report.secondsTaken) + reduction)
    }
  }
}

/// `--json-lines`: whole lines from any thread, and the first thing that went wrong with them.
private final class LineReport: Sendable {
  private let failure = Mutex<Failure?>(nil)

  func add(_ result: FileResult) {
    failure.withLock { failure in
      do { try JSONLine(result: result).print() } catch { failure = failure ?? Failure(error) }
    }
  }

  /// - Throws: what went wrong.
  func check() throws { if let failure = failure.withLock({ $0 }) { throw failure } }
}
