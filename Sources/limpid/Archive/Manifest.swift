import AudioFiles
import Foundation
import Ground
import Synchronization

/// The list, in an output folder, of what was made there, and of what: only ever added to, by any number of processes.
///
/// A line is written before its output gets its name, so that there is none of ours that the list does not know. A line that a crash
/// cut short is passed over, and the next begins on a line of its own. Any thread.
final class Manifest: Sendable {
  static let fileName = ".limpid-manifest.jsonl"

  /// What is known of an output that was made, as far as it decides whether it is made again.
  struct Entry: Sendable {
    let output: ContentHash
    let outputBytes: Int
    let input: ContentHash
    /// As `OutputLine.input`, by its bytes.
    let inputName: [UInt8]
    let settings: ContentHash
    let durationInSeconds: Double
  }

  /// Lines are found by their names and decoded when they are asked for: every process reads all of the manifest of a large archive,
  /// and may want one line.
  private struct State {
    /// Where the lines of an output lie in the file. By the bytes of `OutputLine.output` in JSON: Swift takes a composed and a
    /// decomposed é for one.
    var places: [[UInt8]: [(start: Int, count: Int)]] = [:]
    var settings: Set<ContentHash> = []
    /// Bytes that were read, to the end of a line.
    var position = 0
    var inode: UInt = 0
    var unreadable = 0
  }

  let path: String
  private let state = Mutex(State())

  /// - Parameter folder: where the outputs lie.
  init(folder: String) { path = folder + "/" + Self.fileName }

  /// What was ever made under a name, by us or by others until now, oldest first.
  ///
  /// - Parameter output: below the folder.
  /// - Throws: `unreadable`.
  func entries(for output: String) throws(AudioFileError) -> [Entry] {
    let key = Array(manifestText(ManifestName.escaped(output)).utf8.dropFirst().dropLast())
    var entries: [Entry] = []
    let failure = state.withLock { state in
      readOn(&state) { descriptor, state in
        for place in state.places[key] ?? [] {
          var line = [UInt8](repeating: 0, count: place.count)
          guard pread(descriptor, &line, place.count, off_t(place.start)) == place.count, let entry = Self.entry(line)
          else { continue }
          entries.append(entry)
        }
      }
    }
    if failure != 0 { throw .unreadable(path: path, reason: systemReason(failure)) }
    return entries
  }

  /// Lines that say nothing: cut short in a crash, or written by somebody else.
  var unreadableLines: Int { state.withLock { $0.unreadable } }

  /// Adds a line, which is on the disk when this returns; before it the settings, where they are not there yet.
  ///
  /// - Throws: `unwritable`, `writingFailed`.
  func add(_ line: OutputLine, made settings: Fingerprint) throws(AudioFileError) {
    let failure: AudioFileError? = state.withLock { state in
      // Opened anew each time, and read under the lock: on NFS that is what shows the lines of other machines.
      let descriptor = FileName.withCString(path) { open($0, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666) }
      guard descriptor >= 0 else { return .unwritable(path: path, reason: systemReason()) }
      defer { close(descriptor) }
      _ = FileLock.take(descriptor, at: 0, waits: true)
      _ = readOn(&state) { _, _ in }
      var text = manifestText(line) + "\n"
      if !state.settings.contains(settings.hash) { text = manifestText(settings.line) + "\n" + text }
      var last: UInt8 = 10
      let end = lseek(descriptor, 0, SEEK_END)
      if end > 0, pread(descriptor, &last, 1, end - 1) == 1, last != 10 { text = "\n" + text }
      let code = writeEverything(text, to: descriptor)
      if code != 0 { return .writingFailed(path: path, reason: systemReason(code)) }
      if fsync(descriptor) != 0, errno != EINVAL { return .writingFailed(path: path, reason: systemReason()) }
      return nil
    }
    if let failure { throw failure }
  }

  /// Takes in the whole lines that were added since.
  ///
  /// - Parameter then: with the file open; not called where there is none.
  /// - Returns: 0, or errno; a file that is not there is none.
  private func readOn(_ state: inout State, then: (Int32, State) -> Void) -> Int32 {
    let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? 0 : errno }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return errno }
    if UInt(status.st_ino) != state.inode || Int(status.st_size) < state.position {
      // Another file, or one that somebody made shorter.
      state = State()
      state.inode = UInt(status.st_ino)
    }
    var pending: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = pread(descriptor, &room, room.count, off_t(state.position + pending.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return errno }
      if count == 0 { break }
      pending += room[..<count]
      guard let end = pending.lastIndex(of: 10) else { continue }
      for line in pending[...end].split(separator: 10) { take(line, at: state.position + line.startIndex, &state) }
      state.position += end + 1
      pending.removeSubrange(...end)
    }
    then(descriptor, state)
    return 0
  }

  private func take(_ line: ArraySlice<UInt8>, at start: Int, _ state: inout State) {
    if line.last == UInt8(ascii: "}"), let name = Self.name(line) {
      state.places[Array(name), default: []].append((start, line.count))
    } else if let line = try? JSONDecoder().decode(SettingsLine.self, from: Data(line)),
      let settings = ContentHash(line.settings)
    {
      state.settings.insert(settings)
    } else {
      state.unreadable += 1
    }
  }

  private static let key = Array("\"output\":\"".utf8)

  /// The value of `output`, as it stands there. In a string a quotation mark has a backslash before it: the key is found nowhere else.
  private static func name(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var start = line.startIndex
    while start + key.count <= line.endIndex, !line[start..<start + key.count].elementsEqual(key) { start += 1 }
    guard start + key.count <= line.endIndex else { return nil }
    start += key.count
    var end = start
    while end < line.endIndex, line[end] != UInt8(ascii: "\"") { end += line[end] == UInt8(ascii: "\\") ? 2 : 1 }
    return end < line.endIndex ? line[start..<end] : nil
  }

  private static func entry(_ line: [UInt8]) -> Entry? {
    guard let line = try? JSONDecoder().decode(OutputLine.self, from: Data(line)),
      let output = ContentHash(line.outputSHA256), let input = ContentHash(line.inputSHA256),
      let settings = ContentHash(line.settings)
    else { return nil }
    return Entry(
      output: output, outputBytes: line.outputBytes, input: input, inputName: Array(line.input.utf8),
      settings: settings, durationInSeconds: line.durationInSeconds)
  }
}
