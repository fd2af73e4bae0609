import Foundation
import Testing
import TestSupport

/// Which file goes where, and what of it is kept.
/// limpid enhance: files.
@Suite struct FileTests {
  let scratch: Scratch
  let sound = Wave(samples: Wave.sound(0.3))
  init() throws { scratch = try Scratch() }

  private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: scratch.path(name)) }

  @Test func `an output that ends in / is a folder, made if need be`() throws {
    let input = try scratch.write(sound.data, "in.wav")
    #expect(try run("enhance", input, "-o", scratch.path("new") + "/", "--method", "wiener").status == 0)
    #expect(exists("new/in.wav"))
  }

  @Test func `an output folder within the input folder and hidden files are no inputs`() throws {
    for name in ["in/a.wav", "in/.hidden/b.wav", "in/._c.wav"] {
      try scratch.write(sound.data, name)
    }
    for _ in 0..<2 {
      let result = try run(
        "enhance", scratch.path("in"), "-o", scratch.path("in/out"), "--force", "--method", "wiener")
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: scratch.path("in/out")) == ["a.wav"])
  }

  @Test func `earlier outputs are no inputs where they lie beside them, and it is said; else the name means nothing`()
    throws
  {
    for name in ["in/a.wav", "in/b.clean.wav"] { try scratch.write(sound.data, name) }
    let beside = try run("enhance", scratch.path("in"), "--method", "wiener")
    #expect(beside.status == 0 && beside.errors.contains("1 file left out, an earlier output"), "\(beside.errors)")
    #expect(exists("in/a.clean.wav") && !exists("in/b.clean.clean.wav"))
    let into = try run("enhance", scratch.path("in"), "-o", scratch.path("out"), "--method", "wiener")
    #expect(into.status == 0, "\(into.errors)")
    #expect(exists("out/a.wav") && exists("out/b.clean.wav"))
    try scratch.write(sound.data, "only/b.clean.wav")
    let only = try run("enhance", scratch.path("only"), "--method", "wiener")
    #expect(only.status == 66 && only.errors.contains("but earlier outputs"), "\(only.errors)")
  }

  /// A second run took it for an input.
  @Test func `the output of what ffmpeg reads is an earlier one, too`() throws {
    for name in ["in/foo.wav", "in/foo.clean.m4a.wav", "in/clean.m4a.wav"] { try scratch.write(sound.data, name) }
    let root = scratch.path("in")
    #expect(try run("enhance", root, "--list").text == "\(root)/clean.m4a.wav\n\(root)/foo.wav\n")
  }

  /// Nothing was done then.
  @Test func `one of several inputs that is not there does not keep the others from being done`() throws {
    let input = try scratch.write(sound.data, "a.wav")
    let gone = scratch.path("gone.wav")
    let empty = scratch.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    let result = try run(
      "enhance", gone, input, empty, "-o", scratch.path("out"), "--method", "wiener", "--json")
    #expect(result.status == 66 && exists("out/a.wav"), "\(result.errors)")
    #expect(result.errors.contains("gone.wav: there is no such file") && result.errors.contains("no sound files"))
    let report = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
    #expect((report?["files"] as? [Any])?.count == 1)
    let failures = (report?["failures"] as? [[String: Any]])?.compactMap { $0["input"] as? String }
    #expect(failures == [gone, empty], "\(result.text)")
    let list = try run("enhance", gone, input, "--list")
    #expect(list.status == 66 && list.text == input + "\n" && list.errors.contains("gone.wav"), "\(list.errors)")
    let alone = try run("enhance", gone, "--method", "wiener", "--json")
    #expect(alone.status == 66 && alone.output.isEmpty, "\(alone.errors)")
  }

  /// In front of a program for which permissions hold: nothing, but for root's; nil: it cannot be had.
  private static let bound: [String]? = {
    if geteuid() != 0 { return [] }
    let given = "-dac_override,-dac_read_search"
    let words = ["/usr/bin/setpriv", "--bounding-set=" + given, "--inh-caps=" + given]
    let tried = try? run(Array(words.dropFirst()) + ["/bin/true"], program: URL(fileURLWithPath: words[0]))
    return tried?.status == 0 ? words : nil
  }()

  @Test(.enabled(if: bound != nil, "root reads every folder"))
  func `a folder within that cannot be read does not keep the others from being done`() throws {
    for name in ["in/a.wav", "in/shut/b.wav", "in/z.wav"] { try scratch.write(sound.data, name) }
    #expect(chmod(scratch.path("in/shut"), 0) == 0)
    defer { chmod(scratch.path("in/shut"), 0o700) }
    let words =
      (Self.bound ?? []) + [
        limpid.path, "enhance", scratch.path("in"), "-o", scratch.path("out"), "--method", "wiener", "--json-lines",
      ]
    let result = try run(Array(words.dropFirst()), program: URL(fileURLWithPath: words[0]))
    #expect(result.status == 66 && exists("out/a.wav") && exists("out/z.wav"), "\(result.errors)")
    #expect(result.errors.contains("in/shut: the folder cannot be read"), "\(result.errors)")
    #expect(result.text.components(separatedBy: "\"status\":\"failed\"").count == 2, "\(result.text)")
  }

  @Test func `a link to a folder is not followed, and it is said`() throws {
    for name in ["in/a.wav", "disk/b.wav"] { try scratch.write(sound.data, name) }
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("in/disk"), withDestinationPath: scratch.path("disk"))
    let result = try run("enhance", scratch.path("in"), "-o", scratch.path("out"), "--method", "wiener", "-v")
    #expect(result.status == 0 && result.errors.contains("disk: left out, a link to a folder"), "\(result.errors)")
  }

  @Test func `a link that leads nowhere is refused as an output before anything is enhanced`() throws {
    let input = try scratch.write(sound.data, "in.wav")
    try FileManager.default.createSymbolicLink(atPath: scratch.path("out.wav"), withDestinationPath: "nowhere.wav")
    for force in [[], ["--force"]] {
      let result = try run(["enhance", input, "-o", scratch.path("out.wav"), "--method", "wiener"] + force)
      #expect(result.status == 73 && result.errors.contains("link to what is not there"), "\(result.errors)")
    }
    #expect(scratch.names == ["in.wav", "out.wav"])
  }

  @Test func `a line of JSON tells of a picture that failed, too`() throws {
    let input = try scratch.write(sound.data, "in.wav")
    let result = try run(
      "enhance", input, "-o", scratch.path("out.wav"), "--method", "wiener", "--figure", "/proc/x.png", "--json-lines")
    let line = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
    #expect(result.status == 73 && line?["exitCode"] as? Int == 73 && line?["error"] is String, "\(result.text)")
    #expect(line?["status"] as? String == "enhanced" && exists("out.wav"))
  }

  /// U+10FE22 is the program's own sign for a byte of a name that is no UTF-8, here that of a quotation mark.
  @Test func `no name breaks out of its JSON`() throws {
    let input = try scratch.write(sound.data, "x\u{10FE22}\u{10FE00}.wav")
    let result = try run("enhance", input, "-o", scratch.path("out.wav"), "--method", "wiener", "--json-lines")
    #expect(result.status == 0, "\(result.errors)")
    let line = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
    #expect((line?["input"] as? String)?.hasSuffix(".wav") == true)
  }

  @Test func `a folder's name may end in what makes one character with its slash`() throws {
    let input = try scratch.write(sound.data, "in.wav")
    let name = "pp\u{600}"
    let result = try run("enhance", input, "-o", scratch.path(name) + "/", "--method", "wiener")
    #expect(result.status == 0 && exists(name + "/in.wav") && !exists("pp"), "\(result.errors)")
  }

  @Test func `files of equal names are not written over each other`() throws {
    let a = try scratch.write(sound.data, "a/x.wav")
    let b = try scratch.write(sound.data, "b/x.wav")
    let result = try run("enhance", a, b, "-o", scratch.path("out"), "--method", "wiener")
    #expect(result.status == 64 && result.errors.contains("written twice"), "\(result.errors)")
    #expect(!exists("out"))
  }

  @Test func `several files at once give what one at a time gives`() throws {
    for n in 0..<5 {
      try scratch.write(Wave(samples: Wave.sound(0.2 + 0.1 * Double(n))).data, "in/\(n).wav")
    }
    for jobs in ["1", "4"] {
      let result = try run(
        "enhance", scratch.path("in"), "-o", scratch.path("out" + jobs), "--jobs", jobs, "--model", identity, "--json")
      let parsed = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
      let inputs = (parsed?["files"] as? [[String: Any]])?.compactMap { $0["input"] as? String }
      #expect(inputs == (0..<5).map { scratch.path("in") + "/\($0).wav" }, "in order")
    }
    for n in 0..<5 {
      #expect(
        try Data(contentsOf: scratch.url.appendingPathComponent("out1/\(n).wav"))
          == Data(contentsOf: scratch.url.appendingPathComponent("out4/\(n).wav")))
    }
  }

  @Test func `tags are kept`() throws {
    // LIST/INFO with a title, behind the samples, as recorders write it.
    var data = sound.data
    data.append(Data("LIST".utf8) + Data([20, 0, 0, 0]) + Data("INFOINAM".utf8) + Data([8, 0, 0, 0]))
    data.append(Data("Quay 7\0\0".utf8))
    data.replaceSubrange(4..<8, with: withUnsafeBytes(of: UInt32(data.count - 8).littleEndian) { Data($0) })
    let input = try scratch.write(data, "in.wav")
    for name in ["out.wav", "out.flac", "out.ogg"] {
      #expect(try run("enhance", input, "-o", scratch.path(name), "--method", "wiener").status == 0)
      #expect(try run("info", scratch.path(name)).text.contains("Quay 7"), "\(name)")
    }
  }

  @Test func `MP3 becomes WAV, FLAC and MP3; each is as long as the input`() throws {
    let input = try scratch.write(Wave(rate: 44_100, samples: Wave.sound(1, rate: 44_100)).data, "in.wav")
    #expect(try run("enhance", input, "-o", scratch.path("a.mp3"), "--method", "wiener").status == 0)
    for name in ["b.wav", "b.flac", "b.mp3"] {
      let result = try run("enhance", scratch.path("a.mp3"), "-o", scratch.path(name), "--method", "wiener")
      #expect(result.status == 0, "\(name): \(result.errors)")
      #expect(try run("info", scratch.path(name)).text.contains("1.000 s"), "\(name)")
    }
  }

  @Test func `a sound file whose extension says nothing keeps its container and its extension`() throws {
    let input = try scratch.write(sound.data, "take.001")
    let result = try run("enhance", input, "--method", "wiener")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try run("info", scratch.path("take.clean.001")).text.contains("WAV"))
  }

  @Test func `raw PCM of 24 bits becomes a WAV of 24 bits`() throws {
    let raw = Data(Wave(bits: 24, samples: Wave.sound(0.2)).data.dropFirst(44))
    let out = scratch.path("out.wav")
    let result = try run(
      "enhance", "-", "-o", out, "--raw", "s24le", "--rate", "16000", "--model", identity, input: raw)
    #expect(result.status == 0, "\(result.errors)")
    let wave = try Wave(Data(contentsOf: URL(fileURLWithPath: out)))
    #expect(wave.bits == 24 && wave.rate == 16_000 && wave.samples.count == 3200)
  }

  @Test func `weights are known by what they are, not by their name`() throws {
    try FileManager.default.copyItem(atPath: identity, toPath: scratch.path("weights"))
    let result = try run("info", scratch.path("weights"))
    #expect(result.status == 0 && result.text.contains("parameters"), "\(result.errors)")
  }
}
