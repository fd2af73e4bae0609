import Ground
import Synchronization

/// A running ffmpeg. One thread.
final class FFmpegProcess {
  /// Its samples.
  let output: Int32
  private let complaints: Int32
  private let identity: pid_t
  private var result: (Int32, String, Double?)?

  /// Where it is installed: the first of that name on the PATH.
  static var program: String? {
    guard let paths = getenv("PATH") else { return nil }
    return String(cString: paths).split(separator: ":").lazy.map { "\($0)/ffmpeg" }.first {
      Files.kind($0) == .regular && access($0, X_OK) == 0
    }
  }

  /// One at a time is started: another must not get this one's end of the pipe, or it would not end with it.
  private static let starts = Mutex(())

  /// - Parameter path: what errors call the file.
  convenience init(_ program: String, _ arguments: [String], _ path: String) throws(AudioFileError) {
    let started = Self.starts.withLock { _ in Self.start(program, arguments) }
    guard started.code == 0 else {
      throw .unreadable(path: path, reason: "ffmpeg cannot be started: \(systemReason(started.code))")
    }
    self.init(output: started.output, complaints: started.complaints, identity: started.identity)
  }

  private init(output: Int32, complaints: Int32, identity: pid_t) {
    self.output = output
    self.complaints = complaints
    self.identity = identity
  }

  private static func start(_ program: String, _ arguments: [String])
    -> (code: Int32, output: Int32, complaints: Int32, identity: pid_t)
  {
    // What it complains of goes to a file: a pipe that nobody empties would hold it up.
    let words = nameless()
    guard words >= 0 else { return (errno, -1, -1, 0) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      let code = errno
      close(words)
      return (code, -1, -1, 0)
    }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO)
    let texts = ([program] + arguments).map { text in FileName.withCString(text) { strdup($0) } }
    defer { for text in texts { free(text) } }
    var identity: pid_t = 0
    let code = posix_spawn(&identity, program, &actions, nil, texts + [nil], environ)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      close(words)
      return (code, -1, -1, 0)
    }
    return (0, ends[0], words, identity)
  }

  deinit { _ = end() }

  /// Waits for its end; before it has given all samples, ends it.
  ///
  /// - Returns: its exit code, the first line that it complained of, and the seconds that the file's header promises of its one
  ///   stream; nil: there are others, or it does not say.
  func end() -> (Int32, String, Double?) {
    if let result { return result }
    close(output)
    var status: Int32 = 0
    while waitpid(identity, &status, 0) < 0, errno == EINTR {}
    var room = [UInt8](repeating: 0, count: 1 << 16)
    let got = room.withUnsafeMutableBytes { pread(complaints, $0.baseAddress!, $0.count, 0) }
    close(complaints)
    var complaint = ""
    var seconds: Double?
    var isEstimate = false
    var streams = 0
    var isOfInput = true
    for line in String(decoding: room.prefix(max(0, got)), as: UTF8.self).split(separator: "\n") {
      // "[mov,mp4 @ 0x55…] [error] moov atom not found"
      for level in ["[error] ", "[fatal] "] where complaint.isEmpty {
        if let words = Self.after(level, line) { complaint = words }
      }
      if line.contains("Estimating duration from bitrate") { isEstimate = true }
      // "[info]   Stream #0:1(und): Video: h264 …", and behind "[info] Stream mapping:" those of what it writes
      if line.hasPrefix("[info] Stream mapping:") { isOfInput = false }
      if isOfInput, line.contains("  Stream #") { streams += 1 }
      // "[info]   Duration: 00:00:01.03, start: 0.000000, bitrate: 154 kb/s"
      if seconds == nil, line.hasPrefix("[info]   Duration: "), let words = Self.after("Duration: ", line) {
        let parts = words.prefix { $0 != "," }.split(separator: ":").map { Double($0) }
        if parts.count == 3, parts.allSatisfy({ $0 != nil }) { seconds = parts.reduce(0) { 60 * $0 + $1! } }
      }
    }
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    // The length is that of the longest stream: of a film, the picture's perhaps.
    let found = (code, complaint, isEstimate || streams > 1 ? nil : seconds)
    result = found
    return found
  }

  private static func after(_ mark: String, _ line: Substring) -> String? {
    let mark = Array(mark.utf8)
    let bytes = Array(line.utf8)
    guard bytes.count >= mark.count else { return nil }
    for at in 0...(bytes.count - mark.count) where bytes[at...].starts(with: mark) {
      return String(decoding: bytes[(at + mark.count)...], as: UTF8.self)
    }
    return nil
  }
}
