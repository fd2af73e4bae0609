import Ground
import SignalProcessing

/// What a picture shows of one signal, reduced while it streams: its spectrogram, its level, and where it is clipped.
///
/// The spectrogram is the one-sided power spectrum under a periodic Hann window of 20 to 40 ms, every quarter of it
/// (scipy.signal.spectrogram with scaling "spectrum"): a sine of amplitude a at the middle of a bin reads a²/2, its mean
/// square, as does the level. Frame m is centred in hop m, which spans the samples [m·hop, (m+1)·hop); before and after the
/// signal there are zeros. Of several channels it is the mean of their powers. One instance belongs to one thread; memory is
/// bounded whatever the length (`TimeColumns`).
package final class SignalColumns {
  /// What counts as clipped.
  package enum Clipping: Sendable {
    /// Three samples in a row or more at full scale (of 16 bits) on one side: peaks that were cut off. A single one is what
    /// every normalised file has.
    case flattened
    /// Any sample beyond full scale: what an output of integers cannot hold.
    case beyondFullScale
  }

  /// Columns kept: more than a picture is wide.
  package static let standardCapacity = 2048
  /// Nothing above it is heard, and nothing above it is kept, Hz.
  package static let highestFrequency = 24_000.0

  package let sampleRate: Int
  package let channelCount: Int
  /// Samples of a frame, a power of two.
  package let fftLength: Int
  /// Samples of a step, a quarter of a frame.
  package let hopLength: Int
  /// Bins kept, from 0 Hz to the highest.
  package let binCount: Int
  /// Samples per channel that came in.
  package private(set) var sampleCount = 0
  /// Σ x² of all channels.
  package private(set) var energy = 0.0

  private let clipping: Clipping
  private let lead: Int  // zeros before the first sample
  private let scale: Float  // of |X|²
  private let transform: FourierTransform
  private let window: FloatMemory  // (fftLength)
  private let history: FloatMemory  // (channelCount, fftLength), oldest first
  private var fill: Int  // samples of it that are there
  private let row: FloatMemory  // (binCount + 1), powers and the mean square
  private let powersOfChannel: FloatMemory  // (binCount)
  private var runs: [Int]  // (channelCount), samples at full scale in a row; negative: at the bottom
  private var columns: TimeColumns
  private var clippedColumns: TimeColumns

  /// - Parameters:
  ///   - sampleRate: in Hz.
  ///   - channelCount: 1 or more.
  package init(
    sampleRate: Int, channelCount: Int, clipping: Clipping = .flattened,
    capacity: Int = SignalColumns.standardCapacity
  ) {
    precondition(sampleRate > 0 && channelCount > 0, "a signal has a rate and channels")
    var length = 64
    while Double(length) < 0.02 * Double(sampleRate) { length *= 2 }
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    self.clipping = clipping
    fftLength = length
    hopLength = length / 4
    lead = 3 * hopLength / 2
    fill = lead
    binCount = min(length / 2, Int(Self.highestFrequency * Double(length) / Double(sampleRate))) + 1
    transform = FourierTransform(length: length, direction: .forward)
    window = FloatMemory(length)
    var sum = 0.0
    for n in 0..<length {
      let weight = 0.5 - 0.5 * cosine(2 * Double.pi * Double(n) / Double(length))
      window[n] = Float(weight)
      sum += weight
    }
    scale = Float(2 / (sum * sum * Double(channelCount)))
    history = FloatMemory(channelCount * length)
    row = FloatMemory(binCount + 1)
    powersOfChannel = FloatMemory(binCount)
    runs = Array(repeating: 0, count: channelCount)
    columns = TimeColumns(width: binCount + 1, capacity: capacity, reduction: .mean)
    clippedColumns = TimeColumns(width: 1, capacity: capacity, reduction: .maximum)
  }

  /// Takes the next samples. What is not finite, or beyond ±10^10, is taken as 0, as the enhancer does.
  ///
  /// - Parameter interleaved: (samples, channelCount), full scale ±1.
  package func add(_ interleaved: UnsafeBufferPointer<Float>) {
    precondition(interleaved.count % channelCount == 0, "add takes whole samples of all channels")
    guard let samples = interleaved.baseAddress else { return }
    let total = interleaved.count / channelCount
    var done = 0
    while done < total {
      let part = min(fftLength - fill, total - done)
      for channel in 0..<channelCount {
        let lane = history.base + channel * fftLength + fill
        var source = samples + done * channelCount + channel
        for n in 0..<part {
          let sample = source.pointee
          lane[n] = sample.magnitude <= 1e10 ? sample : 0
          source += channelCount
        }
      }
      fill += part
      done += part
      sampleCount += part
      if fill == fftLength { analyse(counted: hopLength) }
    }
  }

  /// The signal has ended: what is left of it becomes its last columns.
  package func finish() {
    while columns.stepCount * hopLength < sampleCount {
      for channel in 0..<channelCount {
        clearFloats(history.base + channel * fftLength + fill, count: fftLength - fill)
      }
      fill = fftLength
      analyse(counted: min(hopLength, sampleCount - columns.stepCount * hopLength))
    }
  }

  /// One frame, and the hop in its middle.
  ///
  /// - Parameter counted: samples of that hop that belong to the signal.
  private func analyse(counted: Int) {
    row.clear()
    var squares = 0.0
    var isClipped = false
    for channel in 0..<channelCount {
      let lane = history.base + channel * fftLength
      _ = applyWindow(window.base, to: lane, into: transform.time, count: fftLength)
      if !allZero(transform.time, count: fftLength) {
        transform.execute()
        powers(transform.bins, into: powersOfChannel.base, count: binCount)
        addScaled(row.base, scale, powersOfChannel.base, into: row.base, count: binCount)
      }
      squares += Double(sumOfSquares(lane + lead, count: counted))
      if followClipping(lane + lead, counted, channel) { isClipped = true }
    }
    // These two have no mirror image.
    row[0] /= 2
    if binCount - 1 == fftLength / 2 { row[binCount - 1] /= 2 }
    row[binCount] = Float(squares / Double(counted * channelCount))
    energy += squares
    columns.add(row.base)
    clippedColumns.add([isClipped ? 1 : 0])
    for channel in 0..<channelCount {
      let lane = history.base + channel * fftLength
      copyFloats(lane + hopLength, to: lane, count: fftLength - hopLength)
    }
    fill -= hopLength
  }

  private func followClipping(_ samples: UnsafePointer<Float>, _ count: Int, _ channel: Int) -> Bool {
    var isClipped = false
    switch clipping {
    case .beyondFullScale:
      for n in 0..<count where samples[n].magnitude > 1 { isClipped = true }
    case .flattened:
      let full: Float = 32767 / 32768
      var run = runs[channel]
      for n in 0..<count {
        let sample = samples[n]
        if sample.magnitude < full {
          run = 0
        } else {
          run = sample > 0 ? max(run, 0) + 1 : min(run, 0) - 1
          if run.magnitude >= 3 { isClipped = true }
        }
      }
      runs[channel] = run
    }
    return isClipped
  }

  // MARK: - What came out

  /// Of the signal so far, in seconds.
  package var seconds: Double { Double(sampleCount) / Double(sampleRate) }
  /// Mean square of all; 0 where nothing came in.
  package var meanSquare: Double { sampleCount == 0 ? 0 : energy / Double(sampleCount * channelCount) }
  /// Time of a column.
  package var secondsPerColumn: Double { Double(columns.stepsPerColumn * hopLength) / Double(sampleRate) }

  package var spectrogram: Spectrogram {
    Spectrogram(
      binCount: binCount, secondsPerColumn: secondsPerColumn,
      hertzPerBin: Double(sampleRate) / Double(fftLength), power: columns.rows(binCount))
  }

  /// Mean square of every column.
  package var level: Track { Track(secondsPerValue: secondsPerColumn, values: columns.track(binCount)) }

  /// Whether a column is clipped: 1, else 0.
  package var clipped: Track {
    Track(
      secondsPerValue: Double(clippedColumns.stepsPerColumn * hopLength) / Double(sampleRate),
      values: clippedColumns.track(0))
  }
}
