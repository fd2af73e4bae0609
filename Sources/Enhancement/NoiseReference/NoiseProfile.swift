/// A noise reference that outlives its session: raw magnitudes of frames judged noise.
public struct NoiseProfile: Sendable, Equatable {
  /// Magnitudes per frame.
  public static let binCount = 160
  /// Most frames kept, 2 s.
  public static let largestFrameCount = 200

  /// (frameCount, 160) magnitudes |X| of the analysis, oldest first, finite and not negative.
  public let magnitudes: [Float]
  /// Frames of 10 ms, 1…200; below 25 a profile is too short to condition the model.
  public var frameCount: Int { magnitudes.count / Self.binCount }

  /// - Parameter magnitudes: (frames, 160); of more than 200 frames the last 200 are kept.
  /// - Throws: `NoiseProfileError` where it is empty, no whole number of frames, or holds a value that is no magnitude.
  public init(magnitudes: [Float]) throws(NoiseProfileError) {
    guard !magnitudes.isEmpty, magnitudes.count % Self.binCount == 0 else {
      throw .wrongSize(values: magnitudes.count)
    }
    if let index = magnitudes.firstIndex(where: { !($0 >= 0 && $0 <= Self.largestMagnitude) }) {
      throw .notAMagnitude(frame: index / Self.binCount, bin: index % Self.binCount, value: magnitudes[index])
    }
    self.magnitudes = Array(magnitudes.suffix(Self.largestFrameCount * Self.binCount))
  }

  init(_ reference: borrowing NoiseReference) { magnitudes = reference.magnitudes() }

  /// What the largest sample that the enhancer takes can give, rounded up.
  private static let largestMagnitude: Float = 1e13
}

/// Why a noise profile cannot be used, read or written. Prints as one sentence with the remedy.
public enum NoiseProfileError: Error, Equatable, Sendable {
  /// Not a positive whole number of frames of 160 values.
  case wrongSize(values: Int)
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
    case .wrongSize(let values): "\(values) values are not made of frames of 160"
    case .notAMagnitude(let frame, let bin, let value):
      "\(value) at frame \(frame), bin \(bin) is no magnitude"
    case .missing: "missing"
    case .unreadable(_, let reason), .unwritable(_, let reason), .notAProfile(_, let reason): reason
    }
  }
}
