import Realtime

/// What the page shows and does; the command line's, or a test's. Everything is called on the page's own thread, which may
/// wait a moment for it; the audio never waits for that thread.
package protocol LivePageSource: AnyObject, Sendable {
  /// Where the sound is to be had; nil: nothing runs.
  var soundTap: SoundTap? { get }
  /// How things stand; nil: nothing runs.
  var status: LiveStatus? { get }
  /// What stays as long as a session does, as a JSON object for the page: model, latency part by part, what is counted.
  var facts: String { get }
  /// The same as `status`, and more that changes, as a JSON object for the page.
  func description(of status: LiveStatus) -> String
  /// Does what a line says, as the control socket does.
  ///
  /// - Returns: "ok", or "error: " and a sentence.
  func answer(_ line: String) -> String
}
