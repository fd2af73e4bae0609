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

/// Why a noise profile cannot be used.
public enum NoiseProfileError: Error, Equatable, Sendable {
  /// Not a positive whole number of frames of 160 values.
  case wrongSize(values: Int)
  /// A value that is negative, not finite or absurdly large.
  case notAMagnitude(frame: Int, bin: Int, value: Float)
}

extension NoiseProfileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongSize(let values):
      "a noise profile of \(values) values is not made of frames of 160; save a new one"
    case .notAMagnitude(let frame, let bin, let value):
      "the noise profile holds \(value) at frame \(frame), bin \(bin), which is no magnitude; save a new one"
    }
  }
}
