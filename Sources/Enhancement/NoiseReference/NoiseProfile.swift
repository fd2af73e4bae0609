import SignalProcessing

/// A noise reference that outlives its session: raw magnitudes of frames judged noise.
public struct NoiseProfile: Sendable, Equatable {
  /// How sound was cut into the frames; a model takes profiles of its own frames only.
  package let format: FrameFormat
  /// (frameCount, binCount) magnitudes |X| of the analysis, oldest first, finite and not negative.
  public let magnitudes: [Float]
  /// Magnitudes per frame.
  public var binCount: Int { format.modelBinCount }
  /// Frames, at most those of 2 s; below 0.25 s a profile is too short to condition the model.
  public var frameCount: Int { magnitudes.count / binCount }
  /// Seconds of noise.
  public var duration: Double { Double(frameCount) * format.hopDuration }

  /// Floats of the longest profile, 2 s.
  package static func largestSize(for format: FrameFormat) -> Int { format.longestReference * format.modelBinCount }

  /// - Parameters:
  ///   - magnitudes: (frames, the format's bins); of more than 2 s the last 2 s are kept.
  ///   - model: whose frames they are.
  /// - Throws: `NoiseProfileError` where it is empty, no whole number of frames, or holds a value that is no magnitude.
  public init(magnitudes: [Float], for model: EnhancementModel) throws(NoiseProfileError) {
    try self.init(magnitudes: magnitudes, format: model.frameFormat)
  }

  /// The same for frames of a format.
  package init(magnitudes: [Float], format: FrameFormat = .standard) throws(NoiseProfileError) {
    let bins = format.modelBinCount
    guard !magnitudes.isEmpty, magnitudes.count % bins == 0 else {
      throw .wrongSize(values: magnitudes.count, bins: bins)
    }
    if let index = magnitudes.firstIndex(where: { !($0 >= 0 && $0 <= Self.largestMagnitude) }) {
      throw .notAMagnitude(frame: index / bins, bin: index % bins, value: magnitudes[index])
    }
    self.format = format
    self.magnitudes = Array(magnitudes.suffix(Self.largestSize(for: format)))
  }

  init(_ reference: borrowing NoiseReference) {
    format = reference.format
    magnitudes = reference.magnitudes()
  }

  /// `magnitudes`, newest first.
  func reversed() -> [Float] {
    stride(from: magnitudes.count - binCount, through: 0, by: -binCount).flatMap { magnitudes[$0..<($0 + binCount)] }
  }

  /// Whether a model of these frames can take it.
  ///
  /// - Throws: `otherFormat`.
  public func check(for model: EnhancementModel) throws(NoiseProfileError) { try check(for: model.frameFormat) }

  package func check(for model: FrameFormat) throws(NoiseProfileError) {
    guard format == model else { throw .otherFormat(profile: "\(format)", model: "\(model)") }
  }

  /// What the largest sample that the enhancer takes can give, rounded up.
  private static let largestMagnitude: Float = 1e13
}

/// Why a noise profile cannot be used, read or written. Prints as one sentence with the remedy.
public enum NoiseProfileError: Error, Equatable, Sendable {
  /// Not a positive whole number of frames of so many values.
  case wrongSize(values: Int, bins: Int)
  /// The model cuts sound into other frames than the profile has; both in words.
  case otherFormat(profile: String, model: String)
  /// A value that is negative, not finite or absurdly large.
  case notAMagnitude(frame: Int, bin: Int, value: Float)
  /// There is no file of that name.
  case missing(path: String)
  /// The system refused to read; `reason` is its word.
  case unreadable(path: String, reason: String)
  /// The system refused to write; `reason` is its word.
  case unwritable(path: String, reason: String)
  /// The file is there, but no noise profile.
  case notAProfile(path: String, reason: String)
}

extension NoiseProfileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongSize, .notAMagnitude: "the noise profile is unusable (\(reason)); save a new one"
    case .otherFormat(let profile, let model):
      "the noise profile has \(profile), the model takes \(model); save a new one with this model"
    case .missing(let path): "\(path): there is no such file; give a noise profile that Limpid saved"
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason)); check its permissions"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); choose another place for it"
    case .notAProfile(let path, let reason):
      "\(path): not a noise profile of Limpid (\(reason)); save a new one"
    }
  }

  /// What is wrong, without file and remedy.
  var reason: String {
    switch self {
    case .wrongSize(let values, let bins): "\(values) values are not made of frames of \(bins)"
    case .otherFormat(let profile, _): "it has \(profile)"
    case .notAMagnitude(let frame, let bin, let value):
      "\(value) at frame \(frame), bin \(bin) is no magnitude"
    case .missing: "missing"
    case .unreadable(_, let reason), .unwritable(_, let reason), .notAProfile(_, let reason): reason
    }
  }
}
