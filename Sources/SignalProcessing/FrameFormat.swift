/// How a model's sound is cut into frames: its rate, frame, hop, and the bins that the network sees.
///
/// A value with whole numbers only, so two formats are the same or they are not. What is meant in seconds (`frames(in:)`)
/// is counted in frames here, once, when something is made.
package struct FrameFormat: Sendable, Equatable {
  /// The model's rate in Hz, 8000…48000.
  package let sampleRate: Int
  /// Samples of a frame: the transform's length, even.
  package let fftLength: Int
  /// Samples from frame to frame: a divisor of the frame, at most half of it.
  package let hopLength: Int
  /// Bins of the transform, fftLength/2 + 1.
  package let binCount: Int
  /// Bins that the network sees, from 0 Hz up; those above take the gain of the last one.
  package let modelBinCount: Int

  /// 16 kHz, frames of 20 ms every 10 ms, all bins but the last: the format of weights that state none.
  package static let standard = FrameFormat(
    unchecked: (sampleRate: 16_000, fftLength: 320, hopLength: 160, modelBinCount: 160))

  /// - Throws: the first thing that cannot be.
  package init(
    sampleRate: Int, fftLength: Int, hopLength: Int, modelBinCount: Int
  ) throws(FrameFormatError) {
    guard (8000...48_000).contains(sampleRate) else { throw .sampleRate(sampleRate) }
    guard (16...8192).contains(fftLength), fftLength % 2 == 0 else { throw .frame(fftLength) }
    guard hopLength > 0, hopLength <= fftLength / 2, fftLength % hopLength == 0 else {
      throw .hop(hopLength, frame: fftLength)
    }
    guard hopLength * 1000 >= sampleRate, hopLength * 16 <= sampleRate else {
      throw .hopDuration(hopLength, sampleRate: sampleRate)
    }
    guard (8...fftLength / 2).contains(modelBinCount) else { throw .bins(modelBinCount, frame: fftLength) }
    self.init(unchecked: (sampleRate, fftLength, hopLength, modelBinCount))
  }

  private init(unchecked sizes: (sampleRate: Int, fftLength: Int, hopLength: Int, modelBinCount: Int)) {
    (sampleRate, fftLength, hopLength, modelBinCount) = sizes
    binCount = sizes.fftLength / 2 + 1
  }

  /// Frames per second: 100 for the standard format.
  package var frameRate: Double { Double(sampleRate) / Double(hopLength) }
  /// Seconds from frame to frame, which is the time that a frame has to be computed in.
  package var hopDuration: Double { Double(hopLength) / Double(sampleRate) }
  /// Seconds of a frame.
  package var frameDuration: Double { Double(fftLength) / Double(sampleRate) }
  /// The highest frequency of the model's band, in Hz.
  package var upperEdge: Double { Double(sampleRate) / 2 }

  /// The frames that come in so many seconds, to the nearest, at least one.
  package func frames(in seconds: Double) -> Int { max(1, Int((seconds * frameRate).rounded())) }

  /// The bin nearest to a frequency in Hz, at most the last.
  package func bin(at frequency: Double) -> Int {
    min(binCount - 1, Int((frequency * Double(fftLength) / Double(sampleRate)).rounded()))
  }

  /// How many of so many passes can take turns: two, where half a hop is a whole number of samples.
  package func runs(_ passes: Int) -> Int { hopLength % passes == 0 ? passes : 1 }

  /// What a device's rate makes of a number of the model's samples, rounded down.
  package func deviceSamples(_ samples: Int, at deviceRate: Int) -> Int { deviceRate * samples / sampleRate }
}

extension FrameFormat: CustomStringConvertible {
  /// "16000 Hz in frames of 320 samples every 160, 160 bins".
  package var description: String {
    "\(sampleRate) Hz in frames of \(fftLength) samples every \(hopLength), \(modelBinCount) bins"
  }
}

/// What about a frame format cannot be. Prints as a clause that a sentence about a file goes on from.
package enum FrameFormatError: Error, Equatable, Sendable {
  /// A rate outside 8000…48000 Hz.
  case sampleRate(Int)
  /// A frame that is odd, or outside 16…8192 samples.
  case frame(Int)
  /// A hop that does not divide the frame, or is more than half of it.
  case hop(Int, frame: Int)
  /// A hop shorter than 1 ms or longer than a sixteenth of a second.
  case hopDuration(Int, sampleRate: Int)
  /// Fewer than 8 bins, or more than half of the frame.
  case bins(Int, frame: Int)
}

extension FrameFormatError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .sampleRate(let rate): "the format's sample rate is \(rate) Hz, expected 8000 to 48000"
    case .frame(let length):
      "the format's frame is \(length) samples, expected an even number from 16 to 8192"
    case .hop(let hop, let frame):
      "the format's hop of \(hop) samples does not divide its frame of \(frame) into two parts or more"
    case .hopDuration(let hop, let rate):
      "the format's hop of \(hop) samples at \(rate) Hz is not from 1 to 62.5 ms long"
    case .bins(let bins, let frame):
      "the format has \(bins) bins, expected 8 to \(frame / 2), half of its frame of \(frame) samples"
    }
  }
}
