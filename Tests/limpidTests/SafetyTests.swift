import Figures
import Foundation
import Testing
import TestSupport

/// What must not be lost, destroyed or left behind, whatever the command line says.
/// limpid is careful.
@Suite struct SafetyTests {
  let scratch: Scratch
  let input: String
  init() throws {
    scratch = try Scratch()
    input = try scratch.write(Wave(samples: Wave.sound(0.3)).data, "in.wav")
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: scratch.url.appendingPathComponent(name))
  }

  /// It once replaced the recording with the noise profile.
  @Test func `--save-noise-profile takes no input's place, and no other file's without --force`() throws {
    let noise = try scratch.write(Wave(samples: Wave.noise(3)).data, "noise.wav")
    let before = try bytes("noise.wav")
    try FileManager.default.linkItem(atPath: noise, toPath: scratch.path("link"))
    for target in [noise, scratch.path("link"), scratch.path("out.wav")] {
      let result = try run(
        "enhance", noise, "-o", scratch.path("out.wav"), "--method", "wiener", "--save-noise-profile", target, "--force"
      )
      #expect(result.status == 73 && result.errors.contains("used by this command"), "\(result.errors)")
    }
    #expect(try bytes("noise.wav") == before)
    #expect(scratch.names == ["in.wav", "link", "noise.wav"])

    let other = try scratch.write(Data("mine".utf8), "room.safetensors")
    let refused = try run("enhance", noise, "--method", "wiener", "--save-noise-profile", other)
    #expect(refused.status == 73 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try bytes("room.safetensors") == Data("mine".utf8))
    #expect(try run("enhance", noise, "--method", "wiener", "--save-noise-profile", other, "--force").status == 0)
    #expect(try bytes("room.safetensors").count > 1000)
    let nowhere = try run(
      "enhance", noise, "-f", "--method", "wiener", "--save-noise-profile", "/proc/room.safetensors")
    #expect(nowhere.status == 73 && nowhere.errors.contains("/proc"), "\(nowhere.errors)")
  }

  /// Two names of what was not there yet were compared as texts.
  @Test func `--save-noise-profile does not take the output's place by another way to it`() throws {
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: scratch.url.path)
    let place = scratch.url.path
    for (output, profile) in [
      (["-o", "\(place)/x.wav"], "\(place)/./x.wav"), (["-o", "\(place)/x.wav"], "\(place)/link/x.wav"),
      ([], "\(place)/link/in.clean.wav"), (["-o", "\(place)/new/"], "\(place)/link/new/./in.wav"),
    ] as [([String], String)] {
      let result = try run(["enhance", input, "--method", "wiener", "--save-noise-profile", profile] + output)
      #expect(result.status == 73 && result.errors.contains("used by this command"), "\(profile): \(result.errors)")
    }
    #expect(scratch.names == ["in.wav", "link"])
  }

  @Test func `no output takes the place of a file that the command reads, --force or not`() throws {
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let profiles = "data/limpid/profiles/tv.safetensors"
    let mine = Data("method = \"wiener\"\n".utf8)
    for (option, name, file) in [
      ("--model", nil, "read.png"), ("--second-model", nil, "read.png"), ("--backward-model", nil, "read.png"),
      ("--backward-second-model", nil, "read.png"),
      ("--noise-profile", nil, "read.png"), ("--remove", nil, "read.png"), ("--preset", nil, "read.png"),
      ("--remove", "tv", profiles),
    ] as [(String, String?, String)] {
      let path = try scratch.write(mine, file)
      let out = scratch.path("out.wav")
      for target in [["-o", path], ["-o", out, "--save-noise-profile", path], ["-o", out, "--figure", path]]
      where !target.contains("--figure") || Figure.canDraw && file.hasSuffix(".png") {
        let result = try run(["enhance", input, option, name ?? path, "--force"] + target, environment: home)
        let isRefused = result.status == 73 && result.errors.contains("used by this command")
        #expect(isRefused, "\(option) \(target): \(result.errors)")
        #expect(try bytes(file) == mine, "\(option) \(target)")
      }
    }
    let list = try scratch.write(Data("in.wav\n".utf8), "out/in.wav")
    let listed = try run(
      "enhance", scratch.url.path, "--files-from", list, "-o", scratch.path("out"), "--force", "--method", "wiener")
    #expect(listed.status == 73 && listed.errors.contains("used by this command"), "\(listed.errors)")
    #expect(try bytes("out/in.wav") == Data("in.wav\n".utf8))
  }

  /// With --force the one took the other's place.
  @Test func `two outputs that are one file through a link are not both written`() throws {
    let data = try bytes("in.wav")
    func enhance(_ place: String) throws -> Run {
      let (from, to) = (scratch.path(place + "/in"), scratch.path(place + "/out"))
      return try run("enhance", from, "-o", to, "--force", "--method", "wiener")
    }
    func link(_ name: String, to other: String) throws {
      try FileManager.default.createSymbolicLink(atPath: scratch.path(name), withDestinationPath: other)
    }
    for name in ["file/in/a.wav", "file/in/b.wav", "file/out/a.wav"] { try scratch.write(data, name) }
    try link("file/out/b.wav", to: "a.wav")
    for name in ["folder/in/x/t.wav", "folder/in/y/t.wav", "folder/out/x/other.wav"] { try scratch.write(data, name) }
    try link("folder/out/y", to: "x")
    for place in ["file", "folder"] {
      let result = try enhance(place)
      #expect(result.status == 64 && result.errors.contains("written twice"), "\(place): \(result.errors)")
    }
    #expect(try bytes("file/out/a.wav") == data)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("folder/out/x/t.wav")))
    // Hard links come apart as each is replaced.
    for name in ["hard/in/a.wav", "hard/in/b.wav", "hard/out/a.wav"] { try scratch.write(data, name) }
    try FileManager.default.linkItem(atPath: scratch.path("hard/out/a.wav"), toPath: scratch.path("hard/out/b.wav"))
    #expect(try enhance("hard").status == 0)
    #expect(try bytes("hard/out/a.wav") != data && bytes("hard/out/b.wav") != data)
  }

  /// The sound was thrown away with it.
  @Test func `where only the noise profile cannot be written, the sound is there`() throws {
    let noise = try scratch.write(Wave(samples: Wave.noise(3)).data, "noise.wav")
    let long = scratch.path(String(repeating: "n", count: 256))
    let result = try run(
      "enhance", noise, "-o", scratch.path("out.wav"), "--method", "wiener", "--json", "--save-noise-profile", long)
    #expect(result.status == 73 && result.errors.contains("nnn: cannot be written"), "\(result.errors)")
    #expect(result.text.contains("\"durationInSeconds\" : 3"), "\(result.text)")
    #expect(try Wave(bytes("out.wav")).samples.count == 48_000)
    #expect(scratch.names == ["in.wav", "noise.wav", "out.wav"])
    // A disk that is full is another answer than a folder that nobody may write to.
    let full = try run(
      "-c", "ulimit -f 4; exec \"$0\" enhance \"$1\" -o /dev/null --method wiener --save-noise-profile \"$2\"",
      limpid.path, noise, scratch.path("room.safetensors"), program: URL(fileURLWithPath: "/bin/bash"))
    #expect(full.status == 74 && full.errors.contains("room.safetensors: cannot be written"), "\(full.errors)")
    #expect(!scratch.names.contains("room.safetensors"))
  }

  /// --force once put a file in the place of a device; as root, that could have been /dev/null.
  @Test func `--force replaces files, not pipes or devices`() throws {
    let pipe = scratch.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let result = try run("enhance", input, "-o", pipe, "--force", "--method", "wiener")
    #expect(result.status == 73 && result.errors.contains("not a regular file"), "\(result.errors)")
    var status = stat()
    #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  /// The signal of a file size limit once ended the program with its temporary file left behind; encoders that hold
  /// samples back once hid the failed write.
  @Test(arguments: ["wav", "flac", "ogg", "mp3"])
  func `where writing fails, one sentence says so and nothing stays`(container: String) throws {
    let long = try scratch.write(Wave(rate: 48_000, samples: Wave.noise(2, rate: 48_000)).data, "long.wav")
    let result = try run(
      "-c", "ulimit -f 4; exec \"$0\" enhance \"$1\" -o \"$2\" --method wiener --mix 0", limpid.path, long,
      scratch.path("out." + container), program: URL(fileURLWithPath: "/bin/bash"))
    #expect(result.status == 74, "\(result.errors)")
    #expect(result.errors.hasPrefix("limpid: error: ") && result.errors.contains("writing failed"))
    #expect(scratch.names == ["in.wav", "long.wav"])
  }

  @Test(arguments: [
    ["info", "in.wav"], ["presets"], ["devices", "--json"], ["live", "--explain-latency"],
    ["enhance", "in.wav", "--method", "wiener", "--json", "--force"],
  ])
  func `a report that cannot be written is an error; a reader of it that has seen enough is none`(arguments: [String])
    throws
  {
    let line = "cd \"$1\"; exec \"$0\" " + arguments.joined(separator: " ")
    let bash = URL(fileURLWithPath: "/bin/bash")
    let full = try run("-c", line + " > /dev/full", limpid.path, scratch.url.path, program: bash)
    #expect(full.status == 74 && full.errors.contains("standard output: writing failed (No space"), "\(full.errors)")
    let closed = try run("-c", line + " >&-", limpid.path, scratch.url.path, program: bash)
    #expect(closed.status == 74, "\(closed.errors)")
    let quick = try run(
      "-c", "( \(line) ) | true; exit ${PIPESTATUS[0]}", limpid.path, scratch.url.path, program: bash)
    #expect(quick.status == 0 && quick.errors.isEmpty, "\(quick.status) \(quick.errors)")
  }

  @Test func `a reader that ends early is an error, not a signal`() throws {
    let long = try scratch.write(Wave(samples: Wave.sound(5)).data, "long.wav")
    let result = try run(
      "-c", "\"$0\" enhance \"$1\" -o - --raw s16le --method wiener | head -c 10 >&2; exit ${PIPESTATUS[0]}",
      limpid.path, long, program: URL(fileURLWithPath: "/bin/bash"))
    #expect(result.status == 74, "\(result.errors)")
  }

  /// Ctrl-\ once hung in the crash handler of Swift's runtime, for minutes, and left the temporary files.
  @Test(arguments: [SIGTERM, SIGQUIT])
  func `signals other than Ctrl-C, too, leave nothing behind, with many files at work`(number: Int32) throws {
    let long = Wave(samples: Wave.sound(60)).data
    for name in ["a", "b", "c"] { try scratch.write(long, "in/\(name).wav") }
    let process = Process()
    process.executableURL = limpid
    process.arguments = [
      "enhance", scratch.path("in"), "-o", scratch.path("out"), "--jobs", "2", "--model", identity, "--steps", "8",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    let out = scratch.url.appendingPathComponent("out")
    func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: out.path)) ?? [] }
    let deadline = Date(timeIntervalSinceNow: 20)
    while names().count < 2, Date() < deadline { usleep(10_000) }
    #expect(names().count == 2)
    kill(process.processIdentifier, number)
    let deadlineOfEnd = Date(timeIntervalSinceNow: 20)
    while process.isRunning, Date() < deadlineOfEnd { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    #expect(process.terminationStatus == 128 + number)
    #expect(names() == [])
  }

  @Test func `an Ogg file without its end is refused; it once became an empty one`() throws {
    let whole = try scratch.write(Wave(samples: Wave.sound(4)).data, "whole.wav")
    #expect(try run("enhance", whole, "-o", scratch.path("whole.ogg"), "--method", "wiener").status == 0)
    let data = try bytes("whole.ogg")
    try scratch.write(data.prefix(data.count / 2), "cut.ogg")
    let result = try run("enhance", scratch.path("cut.ogg"), "--method", "wiener")
    #expect(result.status == 65 && result.errors.contains("cut short"), "\(result.errors)")
    #expect(!scratch.names.contains("cut.clean.ogg"))
  }

  @Test func `nothing on standard input is an error`() throws {
    for output in ["-", scratch.path("out.wav")] {
      let result = try run("enhance", "-", "-o", output, "--raw", "s16le", "--method", "wiener", input: Data())
      #expect(result.status == 65 && result.errors.contains("no sound"), "\(result.errors)")
    }
    #expect(scratch.names == ["in.wav"])
  }
}
