import AudioFiles
import Ground

/// The first seconds of a source, read ahead: they can be heard before the source, which loses nothing by it, is read.
final class Opening: AudioSource {
  /// Interleaved.
  let samples: [Float]
  private let source: any AudioSource
  private var given = 0

  /// - Throws: what reading throws.
  init(of source: any AudioSource, seconds: Float) throws(AudioFileError) {
    let channels = source.format.channelCount
    let most = Int(seconds * Float(source.format.sampleRate))
    var samples: [Float] = []
    let memory = FloatMemory(4096 * channels)
    let room = memory.buffer
    defer { withExtendedLifetime(memory) {} }
    while samples.count < most * channels {
      let wanted = min(4096, most - samples.count / channels)
      let count = try source.read(into: UnsafeMutableBufferPointer(rebasing: room[..<(wanted * channels)]))
      if count == 0 { break }
      samples += room[..<(count * channels)]
    }
    self.samples = samples
    self.source = source
  }

  var format: AudioFormat { source.format }
  var sampleCount: Int? { source.sampleCount }

  func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    guard given < samples.count else { return try source.read(into: buffer) }
    let channels = format.channelCount
    let count = min(buffer.count / channels * channels, samples.count - given)
    _ = buffer[..<count].update(fromContentsOf: samples[given..<(given + count)])
    given += count
    return count / channels
  }
}
