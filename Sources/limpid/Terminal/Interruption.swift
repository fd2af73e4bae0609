import AudioFiles
import Ground
import Synchronization

/// Ctrl-C and its relatives leave nothing half-written.
enum Interruption {
  /// Whether the program was begun to go on when its terminal hangs up, as nohup begins it: SIGHUP is left alone then.
  static let survivesHangup: Bool = {
    let before = signal(SIGHUP, SIG_IGN)
    let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    if !isIgnored { signal(SIGHUP, before) }
    return isIgnored
  }()

  private static let keepsRecordings = Atomic(false)

  /// From now on SIGINT, SIGTERM, SIGHUP and SIGQUIT remove unfinished outputs and end with 128 + signal.
  ///
  /// - Parameter keepingRecordings: whether the first SIGINT or SIGTERM ends a recording that comes through standard input
  ///   (`PipedRecording`) instead: the output is then what had come.
  static func prepare(keepingRecordings: Bool = false) {
    AudioFileWriter.removeUnfinishedFiles()  // makes its table now, not first in the handler
    _ = PipedRecording.end()
    keepsRecordings.store(keepingRecordings, ordering: .releasing)
    var numbers = sigset_t()
    sigemptyset(&numbers)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] where number != SIGHUP || !survivesHangup {
      sigaddset(&numbers, number)
      signal(number) { number in
        if number == SIGINT || number == SIGTERM, Interruption.keepsRecordings.load(ordering: .acquiring),
          PipedRecording.end()
        {
          return
        }
        AudioFileWriter.removeUnfinishedFiles()
        _exit(128 + number)
      }
    }
    // Programs that start others from a worker thread hand down a mask that blocks them.
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
  }
}
