import AudioFiles
import Enhancement

/// A source whose sound is enhanced on the way back, too, as it is read ahead window by window. One thread.
final class BackwardSource: AudioSource {
  private let source: any AudioSource
  private let done: (Int) -> Void
  private var pass: BackwardPass
  private var mean: WayMean
  private var sound: [Float] = []  // interleaved: `before` samples, then the window and what was read behind it
  private var before = 0
  private var given = 0  // floats of the window
  private var windowFloats = 0
  private var isAtEnd = false
  private var enhanced: [Float] = []  // interleaved, of the way back: from `joined` on not joined yet
  private var joined = 0
  private var late: Int
  /// Samples per channel by which the mean is later than what it is of.
  let latencyInSamples: Int

  /// - Parameters:
  ///   - latency: samples per channel by which what is joined is late.
  ///   - fraction: of a sample by which it is later than that.
  ///   - done: is told of samples per channel that the way back has been over.
  init(
    of source: any AudioSource, pass: consuming BackwardPass, latency: Int, fraction: Double,
    done: @escaping (Int) -> Void
  ) {
    mean = WayMean(
      sampleRate: source.format.sampleRate, channelCount: source.format.channelCount,
      offset: fraction + pass.latencyFraction)
    latencyInSamples = mean.latencyInSamples
    self.source = source
    self.pass = pass
    late = latency
    self.done = done
  }

  var format: AudioFormat { source.format }
  var sampleCount: Int? { source.sampleCount }
  var tags: AudioTags { source.tags }
  var remarks: [AudioRemark] { source.remarks }

  func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    if given == windowFloats { try nextWindow() }
    let channels = format.channelCount
    let count = min(buffer.count / channels * channels, windowFloats - given)
    let start = before * channels + given
    _ = buffer[..<count].update(fromContentsOf: sound[start..<(start + count)])
    given += count
    return count / channels
  }

  /// Makes enhanced samples, in place, the weighted mean of both ways, `latencyInSamples` later.
  ///
  /// - Parameter samples: whole samples of all channels: those that came next, late by the latency.
  func join(_ samples: UnsafeMutableBufferPointer<Float>) {
    let channels = format.channelCount
    let skipped = min(late, samples.count / channels)
    late -= skipped
    guard let base = samples.baseAddress.map({ $0 + skipped * channels }) else { return }
    let all = samples.count - skipped * channels
    let count = min(all, enhanced.count - joined)
    enhanced.withUnsafeBufferPointer {
      mean.process(base, $0.baseAddress.map { $0 + joined }, count: count / channels)
    }
    joined += count
    // Behind the recording's end there is nothing; it brings the mean's last samples out.
    (base + count).update(repeating: 0, count: all - count)
    mean.process(base + count, nil, count: (all - count) / channels)
  }

  private func nextWindow() throws(AudioFileError) {
    let channels = format.channelCount
    // Of what was given the next window's lead stays.
    let passed = before + given / channels
    let kept = min(pass.lead, passed)
    sound.removeFirst((passed - kept) * channels)
    (before, given, windowFloats) = (kept, 0, 0)
    let wanted = (before + pass.readAhead) * channels
    let start = sound.count
    if !isAtEnd {
      sound += [Float](repeating: 0, count: wanted - start)
      let got: Result<Int, AudioFileError> = sound.withUnsafeMutableBufferPointer { memory in
        var end = start
        do throws(AudioFileError) {
          while end < memory.count {
            let count = try source.read(into: UnsafeMutableBufferPointer(rebasing: memory[end...]))
            if count == 0 { break }
            end += count * channels
          }
          return .success(end)
        } catch { return .failure(error) }
      }
      let end = try got.get()
      sound.removeLast(sound.count - end)
      isAtEnd = end < wanted
    }
    guard sound.count > before * channels else { return }
    let window = pass.next(sound, before: before, isLast: isAtEnd) {
      done($0)
      return true
    }!
    windowFloats = window.count
    enhanced.removeFirst(joined)
    joined = 0
    enhanced += window
  }
}
