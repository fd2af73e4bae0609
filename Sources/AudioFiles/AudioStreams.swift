/// Where samples come from: a sound file, or raw PCM through a pipe. One thread.
package protocol AudioSource: AnyObject {
  var format: AudioFormat { get }
  /// Samples per channel; nil when it cannot be known beforehand.
  var sampleCount: Int? { get }
  /// What comes along with the samples.
  var tags: AudioTags { get }
  /// What its reader should hear of; more may come until the end was read.
  var remarks: [AudioRemark] { get }
  /// Reads the next samples.
  ///
  /// - Parameter buffer: room for whole samples of all channels, interleaved; full scale ±1.
  /// - Returns: samples per channel read; 0 at the end.
  /// - Throws: `AudioFileError` when the data is damaged or ends too early.
  func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int
}

extension AudioSource {
  package var tags: AudioTags { AudioTags() }
  package var remarks: [AudioRemark] { [] }
}

/// Where samples go. One thread.
package protocol AudioSink: AnyObject {
  /// Samples that were beyond full scale and had to be clipped.
  var clippedSampleCount: Int { get }
  /// What came along with the samples and has no place there, in a few words each.
  var notKept: [String] { get }
  /// - Parameter interleaved: whole samples of all channels, full scale ±1.
  func write(_ interleaved: UnsafeBufferPointer<Float>) throws(AudioFileError)
  /// Ends the output: a file appears under its final name now, whole.
  func finish() throws(AudioFileError)
  /// Ends the output and takes back what was written, where that is possible.
  func abandon()
}

extension AudioSink {
  package var notKept: [String] { [] }
}

/// Where samples go that nobody wants: /dev/null. One thread.
package final class NullWriter: AudioSink {
  package var clippedSampleCount: Int { 0 }
  package init() {}
  package func write(_ interleaved: UnsafeBufferPointer<Float>) {}
  package func finish() {}
  package func abandon() {}
}
