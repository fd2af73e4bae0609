import AudioIO
import Glibc

/// Ctrl-C and its relatives leave nothing half-written.
enum Interruption {
  /// From now on SIGINT, SIGTERM and SIGHUP remove unfinished outputs and end with 128 + signal; writing into a closed
  /// pipe is an error instead of a signal.
  static func prepare() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        AudioFileWriter.removeUnfinishedFiles()
        _exit(128 + number)
      }
    }
    signal(SIGPIPE, SIG_IGN)
  }
}
