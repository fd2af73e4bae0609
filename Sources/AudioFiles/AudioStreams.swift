/// Where samples come from: a sound file, or raw PCM through a pipe. One thread.
public protocol AudioSource: AnyObject {
  var format: AudioFormat { get }
  /// Samples per channel; nil when it cannot be known beforehand.
  var sampleCount: Int? { get }
  /// Reads the next samples.
  ///
  /// - Parameter buffer: room for whole samples of all channels, interleaved; full scale ±1.
  /// - Returns: samples per channel read; 0 at the end.
  /// - Throws: `AudioFileError` when the data is damaged or ends too early.
  func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int
}

/// Where samples go. One thread.
public protocol AudioSink: AnyObject {
  /// Samples that were beyond full scale and had to be clipped.
  var clippedSampleCount: Int { get }
  /// - Parameter interleaved: whole samples of all channels, full scale ±1.
  func write(_ interleaved: UnsafeBufferPointer<Float>) throws(AudioFileError)
  /// Ends the output: a file appears under its final name now, whole.
  func finish() throws(AudioFileError)
  /// Ends the output and takes back what was written, where that is possible.
  func abandon()
}
