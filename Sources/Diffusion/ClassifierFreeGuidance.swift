/// Classifier-free guidance on x̂0: unconditional + w (conditional − unconditional) (Ho and Salimans 2022).
///
/// For a given x_t, x̂0 and the score are affine in each other, so the same w on the score gives the same result.
/// Weight 1 is the conditional estimate itself and costs one evaluation; any other costs two, as one batch.
package struct ClassifierFreeGuidance: Sendable, Equatable {
  /// w: 1 is plain, above 1 leans on the condition, 0 ignores it.
  package var weight: Float

  package init(weight: Float = 1) { self.weight = weight }

  /// How many estimates the network makes: 1 or 2.
  package var batch: Int { weight == 1 ? 1 : 2 }

  /// Combines the lanes in place.
  ///
  /// - Parameters:
  ///   - estimates: (batch, count): conditional, then unconditional; the first `count` become the result.
  ///   - count: the number of `Float`s in one lane.
  @_noLocks
  func combine(_ estimates: UnsafeMutablePointer<Float>, count: Int) {
    if weight == 1 { return }
    for i in 0..<count {
      let unconditional = estimates[count + i]
      estimates[i] = unconditional + weight * (estimates[i] - unconditional)
    }
  }
}
