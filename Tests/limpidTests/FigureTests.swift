import Figures
import Foundation
import TestSupport
import Testing

/// limpid enhance --figure and limpid figure.
@Suite(.enabled(if: Figure.canDraw, "libcairo is not installed (Debian: libcairo2)")) struct FigureTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: [(16_000, 1), (8_000, 1), (48_000, 2), (96_000, 1), (22_050, 1)])
  func `enhance draws a picture, and its sound is that without one to the bit`(rate: Int, channels: Int) throws {
    let sound = Wave(rate: rate, channels: channels, samples: Wave.sound(1, rate: rate, channels: channels))
    let input = try scratch.write(sound.data, "in.wav")
    let plain = try run("enhance", input, "-o", scratch.path("plain.wav"), "--model", tiny)
    let drawn = try run(
      "enhance", input, "-o", scratch.path("drawn.wav"), "--model", tiny, "--figure", scratch.path("out.png"))
    #expect(plain.status == 0 && drawn.status == 0, "\(drawn.errors)")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: scratch.path("plain.wav")))
        == Data(contentsOf: URL(fileURLWithPath: scratch.path("drawn.wav"))))
    let picture = try Picture(path: scratch.path("out.png"))
    #expect(picture.width == 1200 && picture.height > 700 && picture.colourCount > 50)
    #expect(scratch.names == ["drawn.wav", "in.wav", "out.png", "plain.wav"])
  }

  @Test(arguments: ["silent", "short", "wiener", "pipe", "realtime"])
  func `silence, a tenth of a second, the Wiener filter, pipes and the live worker have pictures, too`(kind: String)
    throws
  {
    let samples =
      kind == "silent" ? [Float](repeating: 0, count: 32_000) : Wave.sound(kind == "short" ? 0.1 : 0.5)
    let input = try scratch.write(Wave(samples: samples).data, "in.wav")
    let figure = scratch.path("out.png")
    let result =
      switch kind {
      case "pipe":
        try run(
          "enhance", "-", "-o", "-", "--model", tiny, "--figure", figure,
          input: Data(contentsOf: URL(fileURLWithPath: input)))
      case "wiener": try run("enhance", input, "-o", scratch.path("o.wav"), "--method", "wiener", "--figure", figure)
      case "realtime":
        try run("enhance", input, "-o", scratch.path("o.wav"), "--model", tiny, "--realtime", "--figure", figure)
      default: try run("enhance", input, "-o", scratch.path("o.wav"), "--model", tiny, "--json", "--figure", figure)
      }
    #expect(result.status == 0, "\(result.errors)")
    if ["silent", "short"].contains(kind) { #expect(result.text.contains("\"figure\" : \"\(figure)\"")) }
    #expect(try Picture(path: figure).width == 1200)
  }

  @Test func `a picture replaces nothing without --force, and never the command's own files`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.2)).data, "in.wav")
    let other = try scratch.write(Data("other".utf8), "other.png")
    let output = scratch.path("out.wav")
    func refused(_ figure: String, _ words: String, code: Int32 = 73, output: String = output, _ more: String...) throws
    {
      let result = try run(["enhance", input, "-o", output, "--model", tiny, "--figure", figure] + more)
      #expect(result.status == code && result.errors.contains(words), "\(figure): \(result.status) \(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: output), "nothing was enhanced")
    }
    try refused(other, "exists already; use --force to replace it, or name another figure")
    try refused(scratch.path("out.jpg"), "figures are PNG", code: 64)
    try refused("-", "figures are PNG", code: 64)
    try refused(scratch.path("none/out.png"), "there is no such folder")
    try refused("/dev/null", "figures are PNG", code: 64)
    // An output that is to be called as the picture, by another way to it.
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: scratch.url.path)
    let sound = try scratch.write(Wave(samples: Wave.sound(0.2)).data, "sound.png")
    let same = try run(
      "enhance", sound, "-o", scratch.path("new.png"), "--model", tiny, "--figure", scratch.path("link/new.png"))
    #expect(same.status == 73 && same.errors.contains("is used by this command already"), "\(same.errors)")
    let itself = try run(
      "enhance", sound, "-o", scratch.path("new.wav"), "--model", tiny, "--figure", sound, "--force")
    #expect(itself.status == 73 && itself.errors.contains("is used by this command already"), "\(itself.errors)")

    // It once became a folder of that name.
    try scratch.write(Wave(samples: Wave.sound(0.2)).data, "in/in.wav")
    for inputs in [[input, sound], [scratch.path("in")]] {
      let several = try run(
        ["enhance"] + inputs + ["-o", scratch.path("out/"), "--model", tiny, "--figure", scratch.path("x.png")])
      #expect(several.status == 64 && several.errors.contains("may be several"), "\(several.errors)")
    }
    #expect(!scratch.names.contains("x.png") && !scratch.names.contains("out"))

    let forced = try run("enhance", input, "-o", output, "--model", tiny, "--figure", other, "--force")
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(try Picture(path: other).width == 1200)
  }

  @Test func `a picture that fails leaves the sound whole, with a sentence and an exit code`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.3)).data, "in.wav")
    // A folder in which nobody makes files.
    let result = try run(
      "enhance", input, "-o", scratch.path("out.wav"), "--model", tiny, "--json", "--figure", "/proc/limpid.png")
    #expect(result.status == 73 && result.errors.contains("/proc/limpid.png: cannot be written"), "\(result.errors)")
    #expect(result.text.contains("\"durationInSeconds\" : 0.3"), "the file is reported, too")
    let out = try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path("out.wav"))))
    #expect(out.samples.count == 4_800)
    #expect(scratch.names == ["in.wav", "out.wav"])
  }

  @Test func `without libcairo one sentence says what to install, before anything is enhanced`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.2)).data, "in.wav")
    try scratch.write(Data("no library".utf8), "none/libcairo.so.2")
    let environment = ["LD_LIBRARY_PATH": scratch.path("none")]
    for arguments in [
      ["enhance", input, "-o", scratch.path("out.wav"), "--model", tiny, "--figure", scratch.path("out.png")],
      ["figure", input, "-o", scratch.path("out.png")],
    ] {
      let result = try run(arguments, environment: environment)
      #expect(result.status == 73, "\(result.errors)")
      #expect(result.errors.contains("libcairo.so.2, is not installed; install it (Debian: libcairo2)"))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    #expect(scratch.names == ["in.wav", "none"])
    let plain = try run(
      ["enhance", input, "-o", scratch.path("out.wav"), "--model", tiny], environment: environment)
    #expect(plain.status == 0, "\(plain.errors)")
  }

  @Test func `a folder has a picture a file, and an overview whose names are safe`() throws {
    let names = [
      "b.wav", "a/<script>alert(1)&\"'.wav", "line\nend.wav", "javascript:x.wav", "é 日本 %41.wav",
    ]
    for (n, name) in names.enumerated() {
      try scratch.write(Wave(samples: Wave.sound(0.2 + 0.1 * Double(n))).data, "in/" + name)
    }
    try scratch.write(Data("no sound".utf8), "in/broken.wav")
    // Bytes that are no UTF-8, which Foundation does not write.
    let odd = Array((scratch.path("in") + "/").utf8) + [0xFF] + Array(".wav".utf8) + [0]
    let sound = Wave(samples: Wave.sound(0.2)).data
    let file = odd.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { fopen($0.baseAddress!, "w") }
    }
    _ = sound.withUnsafeBytes { fwrite($0.baseAddress!, 1, $0.count, file!) }
    fclose(file!)

    let figures = scratch.path("figures")
    let result = try run(
      "enhance", scratch.path("in"), "-o", scratch.path("out"), "--model", tiny, "--figure", figures, "--jobs", "2")
    #expect(result.status == 65, "the broken file's: \(result.errors)")
    for name in names { #expect(try Picture(path: figures + "/" + name + ".png").width == 1200) }
    #expect(!FileManager.default.fileExists(atPath: figures + "/broken.wav.png"))

    let page = try String(contentsOfFile: figures + "/index.html", encoding: .utf8)
    #expect(!page.contains("<script") && !page.contains("line\nend"))
    #expect(page.contains("a/&lt;script&gt;alert(1)&amp;&quot;&#39;.wav"))
    #expect(page.contains("line\u{FFFD}end.wav") && page.contains("<bdi>\u{FFFD}.wav</bdi>"))
    #expect(page.contains("src=\"line%0Aend.wav.png\"") && page.contains("src=\"%FF.wav.png\""))
    #expect(page.contains("src=\"javascript%3Ax.wav.png\"") && page.contains("%20%E6%97%A5%E6%9C%AC%20%2541.wav.png\""))
    #expect(page.contains("broken.wav</bdi></td><td class=\"failure\"") && page.contains("not a sound file"))
    let order = page.matches(of: /<tr><td>.*?<bdi>(.*?)<\/bdi>/).map { String($0.output.1) }
    #expect(order.count == 7 && order.first?.hasPrefix("a/") == true && order[1] == "b.wav", "\(order)")
    #expect(page.contains("<td>0.20</td><td>1</td><td>16000</td>"))

    let again = try run(
      "enhance", scratch.path("in/b.wav"), "-o", scratch.path("again.wav"), "--model", tiny, "--figure", figures)
    #expect(again.status == 73 && again.errors.contains("exists already"), "\(again.errors)")
    let file2 = try run(
      "enhance", scratch.path("in"), "-o", scratch.path("out2"), "--model", tiny, "--figure", scratch.path("in/b.wav"))
    #expect(file2.status == 64 && file2.errors.contains("is a file, not a folder"), "\(file2.errors)")
  }

  @Test func `figure draws one sound, or two of unequal rate and length`() throws {
    let first = try scratch.write(Wave(samples: Wave.sound(0.5)).data, "first.wav")
    let second = try scratch.write(
      Wave(rate: 96_000, channels: 2, samples: Wave.sound(0.1, rate: 96_000, channels: 2)).data, "second.wav")
    #expect(try run("figure", first).status == 0)
    #expect(try Picture(path: scratch.path("first.png")).height > 400)
    let again = try run("figure", first)
    #expect(again.status == 73 && again.errors.contains("exists already; use --force"), "\(again.errors)")
    let both = try run("figure", first, second, "-o", scratch.path("first.png"), "--force")
    #expect(both.status == 0, "\(both.errors)")
    #expect(try Picture(path: scratch.path("first.png")).height > 700)
    for (arguments, code) in [
      ([scratch.path("none.wav")], 66), ([], 64), ([first, first, first], 64),
      ([first, "-o", scratch.path("x.wav")], 64),
      ([first, "-o", scratch.path("none/x.png")], 73), ([first, "-o", scratch.path("")], 64),
      ([try scratch.write(Data("text".utf8), "text.wav")], 65),
    ] as [([String], Int32)] {
      let result = try run(["figure"] + arguments)
      #expect(result.status == code, "\(arguments): \(result.status) \(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
    #expect(scratch.names == ["first.png", "first.wav", "second.wav", "text.wav"])
  }
}

/// A network of few weights.
private let tiny = tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path
