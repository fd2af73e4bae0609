import Foundation
import Ground
import Testing

/// Where presets and models are looked for.
@Suite struct DataFolderTests {
  /// A binary installed with its data: found from the binary's place and from a link to it.
  @Test(arguments: [
    "lib/ladspa/limpid.so", "lib/lv2/limpid.lv2/limpid.so", "lib/x86_64-linux-gnu/ladspa/limpid.so", "bin/limpid",
  ])
  func `a binary finds what was installed with it`(place: String) throws {
    let manager = FileManager.default
    let prefix = manager.temporaryDirectory.appendingPathComponent("prefix-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: prefix) }
    let binary = prefix.appendingPathComponent(place)
    let models = prefix.appendingPathComponent("share/limpid/presets/models")
    try manager.createDirectory(at: binary.deletingLastPathComponent(), withIntermediateDirectories: true)
    try manager.createDirectory(at: models, withIntermediateDirectories: true)
    try Data().write(to: binary)
    let file = "limpid-test-\(UUID().uuidString).safetensors"
    try Data([1]).write(to: models.appendingPathComponent(file))
    // A program's own share/limpid is looked in, and named to people, whatever it holds.
    #expect(
      (DataFolders.model(file: file, near: [binary.path]) == nil) == (place != "bin/limpid"),
      "not a folder of presets yet")
    try Data().write(to: models.deletingLastPathComponent().appendingPathComponent("live.toml"))
    #expect(DataFolders.model(file: file, near: [binary.path]) == models.appendingPathComponent(file).path)
    let link = manager.temporaryDirectory.appendingPathComponent("link-\(UUID().uuidString)")
    try manager.createSymbolicLink(at: link, withDestinationURL: binary)
    defer { try? manager.removeItem(at: link) }
    let found = try #require(DataFolders.model(file: file, near: [link.path]))
    #expect(
      URL(fileURLWithPath: found).resolvingSymlinksInPath()
        == models.appendingPathComponent(file).resolvingSymlinksInPath())
    #expect(DataFolders.model(file: file, near: ["/nowhere/at/all"]) == nil)
  }

  @Test func `the models are those that the presets folder has`() {
    #expect(DataFolders.models.map(\.name) == ["wide", "light"])
    let folders = DataFolders.presets()
    #expect(DataFolders.models().suffix(folders.count) == folders.map { $0 + "/models" }[...])
    #expect(folders.last?.hasSuffix("/limpid/presets") == true)
  }
}
