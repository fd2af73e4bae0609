import Foundation
import Testing
import TestSupport

@testable import limpid

/// An archive for one test: recordings in `in`, outputs in `out`.
struct Folder {
  let scratch = try! Scratch()
  let options: [String]

  /// - Parameter options: settings of every run.
  init(_ options: [String] = ["--method", "wiener"]) { self.options = options }

  /// What became of the files of a run, by the name below `in`.
  struct Outcome {
    let status: Int32
    let errors: String
    let ways: [String: String]
    /// Names that ended so.
    func names(_ way: String) -> [String] { ways.filter { $0.value == way }.keys.sorted() }
  }

  /// Makes recordings, each of its own content.
  func record(_ names: String..., seconds: Double = 0.3) throws {
    for name in names {
      let shift = Float(name.utf8.reduce(0) { $0 + Int($1) }) / 10_000
      try scratch.write(Wave(samples: Wave.sound(seconds).map { $0 + shift }).data, "in/" + name)
    }
  }

  var arguments: [String] {
    ["enhance", scratch.path("in"), "-o", scratch.path("out"), "--skip-done", "--json-lines"] + options
  }

  func enhance(_ more: String..., input: Data? = nil) throws -> Outcome {
    try outcome(try run(arguments + more, input: input))
  }

  func outcome(_ run: Run) throws -> Outcome {
    var ways: [String: String] = [:]
    for line in run.output.split(separator: 10) {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any], "\(line)")
      let input = try #require(object["input"] as? String)
      let name = String(input.dropFirst(scratch.path("in").count + 1))
      #expect(ways[name] == nil, "\(name) ended twice")
      ways[name] = try #require(object["status"] as? String)
    }
    return Outcome(status: run.status, errors: run.errors, ways: ways)
  }

  func data(_ name: String) throws -> Data { try Data(contentsOf: scratch.url.appendingPathComponent(name)) }

  var manifest: String { scratch.path("out/" + Manifest.fileName) }

  /// The outputs of the manifest's lines, in their order.
  func made() throws -> [String] {
    try Data(contentsOf: URL(fileURLWithPath: manifest)).split(separator: 10).compactMap { line in
      (try? JSONDecoder().decode(OutputLine.self, from: Data(line)))?.output
    }
  }

  /// Files below `out`, hidden ones too.
  func outputs() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: scratch.path("out")).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: scratch.path("out/" + name), isDirectory: &isFolder)
        && !isFolder.boolValue && name != Manifest.fileName
    }.sorted()
  }
}
