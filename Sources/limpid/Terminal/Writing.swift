import AudioFiles
import Foundation
import Ground

/// Writes all of a text to a descriptor. Where nobody reads any more that is an answer, not a trap: Foundation's
/// `FileHandle.write` ends the program then.
func writeAll(_ text: String, to descriptor: Int32) { _ = writeEverything(text, to: descriptor) }

/// Prints what a command was asked for, on standard output.
///
/// - Throws: `Failure` where it cannot be written. A reader that has seen enough (`| head`) is none.
func putOut(_ text: String) throws {
  let code = writeEverything(text + "\n", to: STDOUT_FILENO)
  if code != 0, code != EPIPE { throw standardOutputFailure(code) }
}

/// Prints JSON, whose names have to be UTF-8: bytes that are none become U+FFFD.
///
/// - Throws: as `putOut`.
func putOutJSON(_ json: Data) throws {
  let text = FileName.repaired(String(decoding: json, as: UTF8.self))
  let code = writeEverything(Array((text + "\n").utf8), to: STDOUT_FILENO)
  if code != 0, code != EPIPE { throw standardOutputFailure(code) }
}

/// - Parameter code: errno of a write to standard output.
func standardOutputFailure(_ code: Int32) -> Failure {
  Failure(
    .inputOutput,
    "standard output: writing failed (\(systemReason(code))); make room, or choose another place for it")
}

/// Descriptors 0 to 2 are open from here on, if only to refuse: where one was closed, the next file opened would get its
/// number, and messages would go into recordings. First thing in the program.
func keepStandardDescriptors() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
    // The lowest number that is free: this one.
    _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
  }
}

/// Writing into a closed pipe, or beyond the largest file allowed, is an error from here on, not a signal. Of all commands.
func ignoreSignalsOfWriting() {
  signal(SIGPIPE, SIG_IGN)
  signal(SIGXFSZ, SIG_IGN)
}

/// Waits for who reads, as long as it takes; `UnblockedOutput` does not.
///
/// - Returns: 0, or errno of the write that failed.
func writeEverything(_ text: String, to descriptor: Int32) -> Int32 {
  // Names come out as the bytes that they are.
  writeEverything(FileName.bytes(text), to: descriptor)
}

/// The same of bytes.
func writeEverything(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  var done = 0
  while done < bytes.count {
    let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
    if count < 0 && errno == EINTR { continue }
    if count < 0 && errno == EAGAIN {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&wait, 1, -1)
      continue
    }
    guard count > 0 else { return count < 0 ? errno : EIO }
    done += count
  }
  return 0
}
