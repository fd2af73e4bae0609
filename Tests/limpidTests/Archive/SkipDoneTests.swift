import AudioFiles
import Enhancement
import Foundation
import Testing
import TestSupport

@testable import limpid

/// What is done is left out, and nothing else.
/// limpid enhance --skip-done.
@Suite struct SkipDoneTests {
  @Test func `what is done is not touched again; a new file is done`() throws {
    let folder = Folder()
    try folder.record("a.wav", "deep/b.wav")
    #expect(try folder.enhance().names("enhanced") == ["a.wav", "deep/b.wav"])
    #expect(try folder.made().sorted() == ["a.wav", "deep/b.wav"])
    var before = stat()
    #expect(stat(folder.scratch.path("out/a.wav"), &before) == 0)
    try folder.record("c.wav")
    let again = try folder.enhance()
    #expect(again.status == 0 && again.errors.isEmpty, "\(again.errors)")
    #expect(again.names("skipped") == ["a.wav", "deep/b.wav"] && again.names("enhanced") == ["c.wav"])
    var after = stat()
    #expect(stat(folder.scratch.path("out/a.wav"), &after) == 0)
    #expect(before.st_ino == after.st_ino && before.st_ctim.tv_nsec == after.st_ctim.tv_nsec)
    #expect(try folder.outputs() == ["a.wav", "c.wav", "deep/b.wav"])
    // The report at the end has them, too; without --skip-done it is what it was.
    let arguments = folder.arguments.filter { $0 != "--json-lines" } + ["--json"]
    let report = try JSONSerialization.jsonObject(with: run(arguments).output) as? [String: Any]
    #expect((report?["skipped"] as? [Any])?.count == 3 && (report?["files"] as? [Any])?.isEmpty == true)
    let plain = try run(arguments.filter { $0 != "--skip-done" } + ["-f"])
    #expect(plain.status == 0 && !plain.text.contains("skipped"))
  }

  @Test func `the outputs are those of a run without a manifest, to the bit`() throws {
    let folder = Folder(["--model", identity])
    try folder.record("a.wav", "b.wav")
    #expect(try folder.enhance().status == 0)
    let plain = try run(
      "enhance", folder.scratch.path("in"), "-o", folder.scratch.path("plain"), "--model", identity)
    #expect(plain.status == 0)
    for name in ["a.wav", "b.wav"] { #expect(try folder.data("out/" + name) == folder.data("plain/" + name)) }
    #expect(!FileManager.default.fileExists(atPath: folder.scratch.path("plain/" + Manifest.fileName)))
  }

  @Test func `another content is enhanced again, also of the same length and date`() throws {
    let folder = Folder()
    try folder.record("a.wav", "b.wav")
    #expect(try folder.enhance().status == 0)
    let path = folder.scratch.path("in/a.wav")
    let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as! Date
    try folder.scratch.write(Wave(samples: Wave.noise(0.3)).data, "in/a.wav")
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
    let again = try folder.enhance()
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.names("enhanced") == ["a.wav"] && again.names("skipped") == ["b.wav"])
    #expect(try folder.enhance().names("skipped") == ["a.wav", "b.wav"])
    // The same content at another date is the same.
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    #expect(try folder.enhance().names("skipped") == ["a.wav", "b.wav"])
  }

  @Test func `other settings, weights, noise profiles or another version enhance again`() throws {
    let scratch = try Scratch()
    let weights = scratch.path("weights.safetensors")
    let tiny = tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path
    try FileManager.default.copyItem(atPath: tiny, toPath: weights)
    let noise = try scratch.write(Wave(samples: Wave.noise(3)).data, "noise.wav")
    func learnProfile(_ name: String, _ input: String) throws {
      let result = try run(
        "enhance", input, "-o", scratch.path("x.wav"), "-f", "--model", tiny, "--noise-selection", "spp",
        "--save-noise-profile", scratch.path(name))
      #expect(result.status == 0, "\(result.errors)")
    }
    try learnProfile("room.safetensors", noise)
    let folder = Folder(["--model", weights, "--noise-profile", scratch.path("room.safetensors")])
    try folder.record("a.wav")
    #expect(try folder.enhance().names("enhanced") == ["a.wav"])
    #expect(try folder.enhance().names("skipped") == ["a.wav"])
    #expect(try folder.enhance("--mix", "0.5").names("enhanced") == ["a.wav"])
    #expect(try folder.enhance("--mix", "0.50").names("skipped") == ["a.wav"], "another spelling is no other value")
    #expect(try folder.enhance("--warm-up", "1", "--mix", "0.5").names("enhanced") == ["a.wav"])
    #expect(try folder.enhance().names("enhanced") == ["a.wav"], "what is there counts, not what once was")

    // The same name, other weights.
    try FileManager.default.removeItem(atPath: weights)
    try FileManager.default.copyItem(atPath: identity, toPath: weights)
    #expect(try folder.enhance().names("enhanced") == ["a.wav"])
    #expect(try folder.enhance().names("skipped") == ["a.wav"])
    let louder = try scratch.write(Wave(samples: Wave.noise(3).map { 2 * $0 }).data, "louder.wav")
    try learnProfile("room.safetensors", louder)
    #expect(try folder.enhance().names("enhanced") == ["a.wav"])
    #expect(try folder.enhance().names("skipped") == ["a.wav"])
  }

  @Test func `a fingerprint is of the program, the settings, the weights and what was learned`() throws {
    let tiny = try EnhancementModel(
      path: tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path)
    func fingerprint(_ change: (inout Plan) -> Void = { _ in }, version: String = "limpid 1") throws -> ContentHash {
      var plan = Plan(
        preset: "live", settings: EnhancementSettings(), model: tiny, warmUp: 0, profile: nil, profileToSave: nil)
      change(&plan)
      return try Fingerprint(plan, version: version).hash
    }
    let voice = try LearnedNoise(samples: Wave.sound(1), sampleRate: 16_000)
    let other = try LearnedNoise(samples: Wave.noise(1), sampleRate: 16_000)
    let all = [
      try fingerprint(), try fingerprint(version: "limpid 2"), try fingerprint { $0.warmUp = 1 },
      try fingerprint { $0.precision = .float32 },
      try fingerprint { $0.learned = [voice] }, try fingerprint { $0.learned = [other] },
      try fingerprint { $0.learned = [voice, other] },
    ]
    #expect(Set(all).count == all.count)
    #expect(try fingerprint() == all[0])
    #expect(try fingerprint { $0.learned = [voice] } == all[4])
  }

  /// The hash that another version would have given.
  @Test func `what another version made is made again`() throws {
    let folder = Folder()
    try folder.record("a.wav")
    #expect(try folder.enhance().status == 0)
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.manifest)), as: UTF8.self)
    #expect(text.contains("\"program\":\"\(Limpid.configuration.version)\""))
    let settings = String(try #require(text.firstMatch(of: /"settings":"([0-9a-f]{64})"/)).1)
    try text.replacing(settings, with: String(settings.reversed())).write(
      toFile: folder.manifest, atomically: false, encoding: .utf8)
    let again = try folder.enhance()
    #expect(again.status == 0 && again.names("enhanced") == ["a.wav"], "\(again.errors)")
    #expect(try folder.enhance().names("skipped") == ["a.wav"])
  }

  @Test func `a missing output is made again; a damaged or cut one is named, and made again with --force`() throws {
    let folder = Folder()
    try folder.record("cut.wav", "damaged.wav", "gone.wav", "whole.wav")
    #expect(try folder.enhance().status == 0)
    let first = try ["cut", "damaged", "gone"].map { try folder.data("out/\($0).wav") }
    try FileManager.default.removeItem(atPath: folder.scratch.path("out/gone.wav"))
    try folder.scratch.write(first[0].dropLast(100), "out/cut.wav")
    var damaged = first[1]
    damaged[2000] ^= 1
    try folder.scratch.write(damaged, "out/damaged.wav")

    let refused = try folder.enhance()
    #expect(refused.status == 73)
    #expect(refused.names("failed") == ["cut.wav", "damaged.wav"] && refused.names("enhanced") == ["gone.wav"])
    #expect(refused.errors.contains("cut.wav is not as it was made") && refused.errors.contains("--force"))
    #expect(refused.errors.contains("2 of 4 files were not enhanced: "))
    // It may be somebody's work.
    #expect(try folder.data("out/damaged.wav") == damaged)
    let forced = try folder.enhance("--force")
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(forced.names("enhanced") == ["cut.wav", "damaged.wav"] && forced.names("skipped").count == 2)
    for (n, name) in ["cut", "damaged", "gone"].enumerated() {
      #expect(try folder.data("out/\(name).wav") == first[n], "\(name)")
    }
  }

  @Test func `an output that Limpid did not make, or made of another input, is not replaced`() throws {
    let folder = Folder()
    try folder.record("a.wav", "b.wav")
    try folder.scratch.write(Data("mine".utf8), "out/a.wav")
    let result = try folder.enhance()
    #expect(result.status == 73 && result.names("failed") == ["a.wav"] && result.names("enhanced") == ["b.wav"])
    #expect(result.errors.contains("out/a.wav exists already") && result.errors.contains("--force"))
    #expect(try folder.data("out/a.wav") == Data("mine".utf8))
    // b.wav of another folder, by a list.
    let other = try folder.scratch.write(Wave(samples: Wave.noise(0.3)).data, "other/sub/b.wav")
    let list = try folder.scratch.write(Data("sub/b.wav\n".utf8), "list")
    let into = try run(
      "enhance", folder.scratch.path("other"), "--files-from", list, "-o", folder.scratch.path("out"), "--skip-done",
      "--method", "wiener")
    #expect(into.status == 0, "another place below the folder: \(into.errors)")
    let single = try run(
      "enhance", other, "-o", folder.scratch.path("out/sub") + "/", "--skip-done", "--method", "wiener")
    #expect(single.status == 73 && single.errors.contains("manifest does not know it"), "\(single.errors)")
  }

  @Test func `a line that a crash cut short is passed over, and the next is whole`() throws {
    let folder = Folder()
    try folder.record("a.wav")
    #expect(try folder.enhance().status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.manifest))
    let line = whole.split(separator: 10).last!
    // What a process that dies while it writes leaves: its output has no name yet.
    try (whole + line.prefix(200)).write(to: URL(fileURLWithPath: folder.manifest))
    try folder.record("b.wav")
    let again = try folder.enhance()
    #expect(again.names("skipped") == ["a.wav"] && again.names("enhanced") == ["b.wav"])
    let lines = try Data(contentsOf: URL(fileURLWithPath: folder.manifest)).split(separator: 10)
    #expect(lines.count == 4 && Data(lines[2]) == Data(line.prefix(200)))
    #expect(try folder.made() == ["a.wav", "b.wav"])
    let third = try folder.enhance("-v")
    #expect(third.names("skipped") == ["a.wav", "b.wav"])
    #expect(third.errors.contains("1 line of the manifest"), "\(third.errors)")
    // Lines of somebody else, and none at all.
    try (Data("nonsense\n{}\n\n{\"output\":\"a.wav\"}\n\u{0}\n".utf8) + whole).write(
      to: URL(fileURLWithPath: folder.manifest))
    #expect(try folder.enhance("--files-from", "-", input: Data("a.wav\n".utf8)).names("skipped") == ["a.wav"])
    try Data().write(to: URL(fileURLWithPath: folder.manifest))
    #expect(try folder.enhance().names("failed") == ["a.wav", "b.wav"])
  }

  @Test func `a poisoned file does not keep the others from being done, and is named at the end`() throws {
    let folder = Folder()
    try folder.record("a.wav", "c.wav")
    try folder.scratch.write(Data("no sound".utf8), "in/b.wav")
    for way in ["enhanced", "skipped"] {
      let result = try folder.enhance()
      #expect(result.status == 65 && result.names("failed") == ["b.wav"] && result.names(way) == ["a.wav", "c.wav"])
      #expect(result.errors.hasSuffix("1 of 3 files were not enhanced: \(folder.scratch.path("in/b.wav"))\n"))
    }
    #expect(try folder.outputs() == ["a.wav", "c.wav"])
  }

  @Test func `input that changes while it is enhanced gives no output`() throws {
    let folder = Folder()
    try folder.record("a.wav")
    let path = folder.scratch.path("in/a.wav")
    let plan = Plan(
      preset: "live", settings: EnhancementSettings(), model: nil, warmUp: 0, profile: nil, profileToSave: nil)
    let resumption = try Resumption(folder: folder.scratch.path("out"), plan: plan, force: false)
    let task = FileTask(input: path, output: folder.scratch.path("out/a.wav"), makesFolder: true, name: "a.wav")
    guard case .make(let output) = try resumption.decide(task) else { throw Unexpected() }
    try output.checkInput()
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([0, 0]))
    try handle.close()
    #expect(throws: AudioFileError.damaged(path: path, reason: "it changed while it was enhanced")) {
      try output.checkInput()
    }
  }

  private struct Unexpected: Error {}

  @Test func `wrong use is answered`() throws {
    let folder = Folder()
    try folder.record("a.wav")
    let input = folder.scratch.path("in/a.wav")
    for (arguments, words) in [
      ([input, "--skip-done"], "output folder"),
      ([input, "-o", folder.scratch.path("x.wav"), "--skip-done"], "output folder"),
      (["-", "-o", "x", "--skip-done"], "standard input"),
      ([input, "-o", "x/", "--skip-done", "--realtime"], "--realtime"),
      ([input, "-o", "x/", "--skip-done", "--save-noise-profile", "p"], "--save-noise-profile"),
      ([input, "--json", "--json-lines"], "--json-lines"), ([input, "-o", "-", "--json-lines"], "--json-lines"),
      ([input, "--null"], "--files-from"),
    ] {
      let result = try run(["enhance"] + arguments + ["--method", "wiener"])
      #expect(result.status == 64 && result.errors.contains(words), "\(arguments): \(result.errors)")
      #expect(result.errors.filter { $0 == "\n" }.count == 1)
    }
    #expect(folder.scratch.names == ["in"])
  }
}
