/// Keeps what a session hears, plays and decides; behind it may be files, a socket, or a test.
///
/// The engine taps its own signal path into `tap`; everything else about a recording is the recorder's.
public protocol SessionRecorder: AnyObject, Sendable {
  /// Where callback and worker leave what is to be kept, at a fixed address that outlives the session.
  var tap: UnsafeMutablePointer<SessionTap> { get }
  /// Whether all of the session was kept. Any thread, after `finish`.
  var isWhole: Bool { get }
  /// Begins to take away what the tap collects. Ordinary threads, once, before the first block.
  ///
  /// - Throws: where the system gives no thread.
  func start() throws
  /// Takes away what is left and ends the recording; no block is under way or will come. Ordinary threads; may wait.
  ///
  /// - Throws: also for what went wrong while it ran; the sentence is for the user.
  func finish() throws
}

/// Makes the recorders of a live run, one for each format that the device has: a recording's segments.
public protocol SessionRecording: Sendable {
  /// A segment's recorder. Ordinary threads; may wait.
  ///
  /// - Parameters:
  ///   - segment: its number, from 0.
  ///   - start: what it begins with.
  ///   - remark: gets sentences for the user, on an ordinary thread.
  /// - Throws: where it cannot be made; the sentence is for the user.
  func makeRecorder(
    segment: Int, start: SessionStart, remark: @escaping @Sendable (String) -> Void
  ) throws -> any SessionRecorder
  /// Where a segment is kept, as the user is told.
  func place(ofSegment segment: Int) -> String
}
