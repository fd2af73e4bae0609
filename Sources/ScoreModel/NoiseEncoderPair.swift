/// The noise encoders of two networks as one: the first one's tokens, then the second one's, of the same reference.
final class NoiseEncoderPair: NoiseEncoder {
  private let first: any NoiseEncoder
  private let second: any NoiseEncoder

  let tokenFloatCount: Int
  let maximumFrameCount: Int
  let hears: NoiseReferenceForm

  /// - Parameters:
  ///   - first, second: that hear the same form; one that hears nothing goes with any.
  init(_ first: any NoiseEncoder, _ second: any NoiseEncoder) {
    let isDeaf = (first is NoNoiseEncoder, second is NoNoiseEncoder)
    precondition(isDeaf.0 || isDeaf.1 || first.hears == second.hears, "two noise encoders hear the same reference")
    self.first = first
    self.second = second
    tokenFloatCount = first.tokenFloatCount + second.tokenFloatCount
    maximumFrameCount = min(first.maximumFrameCount, second.maximumFrameCount)
    hears = isDeaf.0 ? second.hears : first.hears
  }

  func multiplyAdds(frameCount: Int) -> Int {
    first.multiplyAdds(frameCount: frameCount) + second.multiplyAdds(frameCount: frameCount)
  }

  func encode(_ reference: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>) {
    first.encode(reference, frameCount: frameCount, into: tokens)
    second.encode(reference, frameCount: frameCount, into: tokens + first.tokenFloatCount)
  }

  /// The same part of both.
  func encode(
    part: Int, of parts: Int, _ reference: UnsafePointer<Float>, frameCount: Int,
    into tokens: UnsafeMutablePointer<Float>
  ) {
    first.encode(part: part, of: parts, reference, frameCount: frameCount, into: tokens)
    second.encode(part: part, of: parts, reference, frameCount: frameCount, into: tokens + first.tokenFloatCount)
  }
}
