import Ground

/// Triangular filters on Slaney's mel scale, each scaled to unit area: `librosa.filters.mel`'s defaults, which both
/// towers were trained with.
///
/// The scale is linear below 1000 Hz (200/3 Hz a mel) and logarithmic above (27 mel for a factor of 6.4). Computed in
/// double precision. A filter is kept as its first bin and the weights from there.
struct MelFilterBank: Sendable {
  struct Filter: Sendable {
    let firstBin: Int
    let weights: [Float]
  }
  let filters: [Filter]

  /// - Parameters:
  ///   - sampleRate: in Hz.
  ///   - fftLength: samples of a transform; there are fftLength/2 + 1 bins from 0 to sampleRate/2.
  ///   - count: filters.
  ///   - range: Hz, from the lower edge of the first filter to the upper edge of the last.
  init(sampleRate: Int, fftLength: Int, count: Int, range: ClosedRange<Double>) {
    let lowest = Self.mel(range.lowerBound)
    let step = (Self.mel(range.upperBound) - lowest) / Double(count + 1)
    let edges = (0..<count + 2).map { Self.hertz(lowest + Double($0) * step) }
    let binWidth = Double(sampleRate) / Double(fftLength)
    filters = (0..<count).map { i in
      let (lower, centre, upper) = (edges[i], edges[i + 1], edges[i + 2])
      let area = 2 / (upper - lower)
      var first = 0
      var weights: [Float] = []
      for bin in 0...fftLength / 2 {
        let frequency = Double(bin) * binWidth
        let weight = min((frequency - lower) / (centre - lower), (upper - frequency) / (upper - centre))
        guard weight > 0 else { continue }
        if weights.isEmpty { first = bin }
        weights.append(Float(weight * area))
      }
      return Filter(firstBin: first, weights: weights)
    }
  }

  private static let knee = 1000.0  // Hz
  private static let kneeMel = 15.0
  private static let logarithmicStep = logarithm(6.4) / 27

  static func mel(_ hertz: Double) -> Double {
    hertz < knee ? 3 * hertz / 200 : kneeMel + logarithm(hertz / knee) / logarithmicStep
  }

  static func hertz(_ mel: Double) -> Double {
    mel < kneeMel ? 200 * mel / 3 : knee * exponential(logarithmicStep * (mel - kneeMel))
  }
}
