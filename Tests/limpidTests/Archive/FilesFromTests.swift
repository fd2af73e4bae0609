import Foundation
import Testing
import TestSupport

@testable import limpid

/// Lists of names.
/// limpid enhance --files-from, --list.
@Suite struct FilesFromTests {
  private let bash = URL(fileURLWithPath: "/bin/bash")

  @Test func `files of a folder keep their places, however the list names them`() throws {
    let folder = Folder()
    try folder.record("a.wav", "deep/b.wav", "deep/c.wav")
    let root = folder.scratch.path("in")
    for names in [
      "a.wav\ndeep/b.wav\n", "./a.wav\n./deep//b.wav", "\(root)/a.wav\n\n\(root)/deep/b.wav\n",
      "\(root)//a.wav\n\(root)//deep//b.wav\n",
      "a.wav\r\ndeep/b.wav\r\n", "a.wav\r\n\r\ndeep/b.wav", "\u{FEFF}a.wav\r\ndeep/b.wav\r\n",
      "\u{FEFF}a.wav\ndeep/b.wav",
    ] {
      let result = try folder.enhance("--files-from", "-", input: Data(names.utf8))
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.ways.keys.sorted() == ["a.wav", "deep/b.wav"], "\(names)")
    }
    #expect(try folder.outputs() == ["a.wav", "deep/b.wav"])
    #expect(try folder.made() == ["a.wav", "deep/b.wav"] || folder.made() == ["deep/b.wav", "a.wav"])
    for names in ["../in/a.wav", "/etc/passwd", "deep/../../x", "."] {
      let result = try folder.enhance("--files-from", "-", input: Data(names.utf8))
      #expect(result.status == 64 && result.errors.contains("does not lie in"), "\(names): \(result.errors)")
    }
    let none = try run(
      "enhance", folder.scratch.path("in/a.wav"), "--files-from", "-", "-o", folder.scratch.path("x/"),
      input: Data("a.wav\n".utf8))
    #expect(none.status == 64 && none.errors.contains("is none"), "\(none.errors)")
  }

  /// Names that begin with ./ lay in a folder of that name within the folder.
  @Test func `names are taken as find prints them, however the folder is called`() throws {
    for (found, given) in [
      ("./in", "in"), ("in", "./in"), ("./in", "./in/"), (".//in", "in"), ("in/.", "in"), ("in", "in"),
    ] {
      let folder = Folder()
      try folder.record("a.wav", "deep/b.wav")
      let result = try run(
        "-c", "cd \"$1\" && find \"$2\" | \"$0\" enhance \"$3\" --files-from - -o out --method wiener", limpid.path,
        folder.scratch.url.path, found, given, program: bash)
      #expect(result.status == 0, "\(found) \(given): \(result.errors)")
      #expect(try folder.outputs() == ["a.wav", "deep/b.wav"], "\(found) \(given)")
    }
    let folder = Folder()
    try folder.record("a.wav", "in/a.wav")
    let here = try run(
      "-c", "cd \"$1\" && find . | \"$0\" enhance . --files-from - -o ../out --method wiener", limpid.path,
      folder.scratch.path("in"), program: bash)
    #expect(here.status == 0, "\(here.errors)")
    #expect(try folder.outputs() == ["a.wav", "in/a.wav"])
    // Of a folder within that is called as the one around it.
    let above = try run(
      "-c", "cd \"$1\" && (cd in && find . -type f) | \"$0\" enhance in --files-from - -o other --method wiener",
      limpid.path, folder.scratch.url.path, program: bash)
    #expect(above.status == 0, "\(above.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.scratch.path("other/in/a.wav")))
  }

  @Test func `pictures keep their places as the outputs do`() throws {
    let folder = Folder()
    try folder.record("x/t.wav", "y/t.wav")
    let result = try run(
      "enhance", folder.scratch.path("in") + "/", "--files-from", "-", "-o", folder.scratch.path("out") + "/",
      "--figure", folder.scratch.path("figures") + "/", "--method", "wiener", input: Data("x/t.wav\ny/t.wav\n".utf8))
    #expect(result.status == 0, "\(result.errors)")
    for name in ["x/t.wav.png", "y/t.wav.png", "index.html"] {
      #expect(FileManager.default.fileExists(atPath: folder.scratch.path("figures/" + name)), "\(name)")
    }
  }

  @Test func `names of any bytes go in and out, with zero bytes between them`() throws {
    let folder = Folder()
    try folder.record("x.wav")
    // A line's end, a byte that is no UTF-8, a composed and a decomposed é, a sign %, a minus, a space at the end.
    let made = try run(
      "-c",
      """
      cd "$1/in" && for n in $'two\\nlines' $'caf\\xe9' $'caf\\xc3\\xa9' $'cafe\\xcc\\x81' '100%' '-o' 'caf%E9' 'a '; do
        cp x.wav "./$n.wav"; done; rm x.wav; cp -- -o.wav -
      """, "", folder.scratch.url.path, program: bash)
    #expect(made.status == 0, "\(made.errors)")
    let listed = try run("enhance", folder.scratch.path("in"), "--list", "-0")
    #expect(listed.output.filter { $0 == 0 }.count == 8)
    let names = listed.output + Data("-\0".utf8)
    for way in ["enhanced", "skipped"] {
      let result = try run(folder.arguments + ["--files-from", "-", "-0"], input: names)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.text.components(separatedBy: "\"status\":\"\(way)\"").count == 10, "\(result.text)")
    }
    let listing = { (place: String) in
      try run(
        "-c", "cd \"$1\" && LC_ALL=C find . -type f -name '[!.]*' -print0 | LC_ALL=C sort -z", "", place,
        program: self.bash
      ).output
    }
    #expect(try listing(folder.scratch.path("in")) == listing(folder.scratch.path("out")))
    #expect(
      try folder.made().sorted()
        == [
          "-", "-o.wav", "100%25.wav", "a .wav", "caf%25E9.wav", "caf%E9.wav", "cafe\u{301}.wav", "caf\u{E9}.wav",
          "two\nlines.wav",
        ].sorted())
    // Without -0 the name of two lines is two names.
    let lines = try folder.enhance("--files-from", "-", input: Data("two\nlines.wav\n".utf8))
    #expect(lines.status == 66 && lines.names("failed") == ["lines.wav", "two"])
    let list = try run("enhance", folder.scratch.path("in"), "--list")
    #expect(list.status == 64 && list.errors.contains("add -0") && list.output.isEmpty, "\(list.errors)")
    let zero = try folder.enhance("--files-from", "-", input: names)
    #expect(zero.status == 64 && zero.errors.contains("--null"), "\(zero.errors)")
  }

  @Test func `a missing file does not keep the others from being done; folders are passed over`() throws {
    let folder = Folder()
    try folder.record("a.wav", "deep/b.wav")
    let result = try folder.enhance("--files-from", "-", input: Data("a.wav\ngone.wav\ndeep\ndeep/b.wav\n".utf8))
    #expect(result.status == 66 && result.names("failed") == ["gone.wav"])
    #expect(result.names("enhanced") == ["a.wav", "deep/b.wav"])
    #expect(result.errors.contains("1 folder in the list passed over"), "\(result.errors)")
    #expect(result.errors.contains("gone.wav: there is no such file"))
    #expect(try folder.outputs() == ["a.wav", "deep/b.wav"])
    // Without a manifest too.
    let plain = try run(
      "enhance", folder.scratch.path("in"), "--files-from", "-", "-o", folder.scratch.path("plain"), "--method",
      "wiener", input: Data("gone.wav\na.wav\n".utf8))
    #expect(plain.status == 66 && plain.errors.contains("1 of 2 files were not enhanced"), "\(plain.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.scratch.path("plain/a.wav")))
  }

  @Test func `a name twice is one file; two files of one name are refused, with the remedy`() throws {
    let folder = Folder()
    try folder.record("x.wav", "deep/x.wav")
    let twice = try folder.enhance("--files-from", "-", input: Data("x.wav\n./x.wav\nx.wav\n".utf8))
    #expect(twice.status == 0 && twice.names("enhanced") == ["x.wav"], "\(twice.errors)")
    let root = folder.scratch.path("in")
    let names = Data("\(root)/x.wav\n\(root)/deep/x.wav\n".utf8)
    let clash = try run(
      "enhance", "--files-from", "-", "-o", folder.scratch.path("flat"), "--method", "wiener", input: names)
    #expect(clash.status == 64 && clash.errors.contains("written twice"), "\(clash.errors)")
    #expect(clash.errors.contains("limpid enhance FOLDER --files-from LIST"))
    #expect(!FileManager.default.fileExists(atPath: folder.scratch.path("flat")))
    #expect(
      try run("enhance", "--files-from", "-", "--method", "wiener", input: names).status == 0, "each beside its input")
    #expect(FileManager.default.fileExists(atPath: root + "/deep/x.clean.wav"))
  }

  @Test func `a list that is not there, or empty, is answered`() throws {
    let scratch = try Scratch()
    let empty = try scratch.write(Data("\n\n".utf8), "empty")
    for (list, words) in [
      (empty, "no names"), (scratch.path("none"), "cannot be read"), (scratch.url.path, "cannot be read"),
    ] {
      let result = try run("enhance", "--files-from", list, "-o", scratch.path("x/"))
      #expect(result.status == 66 && result.errors.contains(words), "\(result.errors)")
    }
    let several = try run("enhance", "a", "b", "--files-from", empty)
    #expect(several.status == 64 && several.errors.contains("one folder"), "\(several.errors)")
  }

  @Test func `--list says what would be done, and does nothing`() throws {
    let folder = Folder()
    try folder.record("a.wav", "deep/b.wav")
    try folder.scratch.write(Data("text".utf8), "in/notes.txt")
    let root = folder.scratch.path("in")
    let result = try run("enhance", root, "-o", folder.scratch.path("out"), "--list")
    #expect(result.status == 0 && result.text == "\(root)/a.wav\n\(root)/deep/b.wav\n", "\(result.errors)")
    #expect(folder.scratch.names == ["in"])
    // What it prints is taken, with a slash behind the folder's name or without.
    for slash in ["", "/", "//"] {
      let names = try run("enhance", root + slash, "--list").output
      #expect(names == result.output)
      let taken = try folder.enhance("--files-from", "-", input: names)
      #expect(taken.status == 0 && taken.ways.count == 2, "\(taken.errors)")
    }
  }
}
