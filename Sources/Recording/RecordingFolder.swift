import Enhancement
import Realtime
import SignalProcessing

/// A folder that a live run is recorded into. It must not exist, or be empty; where the device changes its format, the
/// recording goes on in folders within it (`Replay.segments`).
public struct RecordingFolder: SessionRecording, Equatable {
  /// As it was named.
  public let path: String
  /// Bytes that stay free on the disk: with fewer a recording ends, and what there is of it is kept.
  var leastRoom = 32 << 20

  /// Touches nothing: the folder is made with its first recorder.
  public init(_ path: String) { self.path = path }

  /// - Throws: `RecordingError.cannotRecord`.
  public func makeRecorder(
    segment: Int, start: SessionStart, remark: @escaping @Sendable (String) -> Void
  ) throws -> any SessionRecorder {
    try Recorder(
      path: place(ofSegment: segment), header: RecordingHeader(start), frames: start.model?.frameFormat ?? .standard,
      profile: start.profile, learned: start.learned, leastRoom: leastRoom, remark: remark)
  }

  /// The folder itself for segment 0, "segment-2" and so on within it for the next.
  public func place(ofSegment segment: Int) -> String { RecordingHeader.segmentPath(path, segment) }
}
