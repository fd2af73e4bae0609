import Ground

/// The Ornstein–Uhlenbeck process with exploding variance (OUVE) between clean speech x0 and noisy speech y.
///
/// Forward: dx = θ(y − x) dt + g(t) dw, g(t) = σmin (σmax/σmin)^t √(2 ln(σmax/σmin)), t from 0 to 1
/// (Richter et al. 2023, eqs. 8 and 9). This is the code of sgmse `sdes.py` `OUVESDE.sde` @ae690e8; its docstring
/// there has the drift with the opposite sign, which would drive x away from y.
/// Everything acts on real and imaginary parts alike, so the functions take one real number; w is circular complex
/// with E|dw|² = dt, half of it in each part.
///
/// A value: it may be shared by threads. The functions cost an exponential or two; a sampler calls them in `init`.
package struct OrnsteinUhlenbeckSDE: Sendable, Equatable {
  /// Stiffness θ: the pull towards y, per unit of diffusion time.
  package let theta: Double
  /// The lower end of the noise schedule.
  package let sigmaMin: Double
  /// The upper end of the noise schedule; g(1) belongs to it, the deviation of x at t = 1 is smaller.
  package let sigmaMax: Double
  /// L = ln(σmax / σmin).
  let logRatio: Double

  /// The process of SGMSE+ at 16 kHz: θ = 1.5, σ from 0.05 to 0.5.
  package init() {
    (theta, sigmaMin, sigmaMax) = (1.5, 0.05, 0.5)
    logRatio = DeterministicMath.logarithm(10)
  }

  /// A process with other parameters, for example those of a weights file.
  ///
  /// - Throws: `unusableSDE` unless θ > 0 and 0 < σmin < σmax, all finite and within 1e±6.
  package init(theta: Double, sigmaMin: Double, sigmaMax: Double) throws(DiffusionParameterError) {
    guard theta > 0, theta <= 100, sigmaMin >= 1e-6, sigmaMax > sigmaMin, sigmaMax <= 1e6 else {
      throw .unusableSDE(theta: theta, sigmaMin: sigmaMin, sigmaMax: sigmaMax)
    }
    self.theta = theta
    self.sigmaMin = sigmaMin
    self.sigmaMax = sigmaMax
    logRatio = DeterministicMath.logarithm(sigmaMax / sigmaMin)
  }

  /// The weight of x0 in the mean, e^{−θt}.
  package func meanWeight(at time: Double) -> Double {
    DeterministicMath.exponential(-theta * time)
  }

  /// μ(x0, y, t) = e^{−θt} x0 + (1 − e^{−θt}) y (eq. 10; sgmse `OUVESDE._mean`).
  package func marginalMean(clean x0: Double, noisy y: Double, at time: Double) -> Double {
    let weight = meanWeight(at: time)
    return weight * x0 + (1 - weight) * y
  }

  /// σ(t), σ² = σmin² (e^{2Lt} − e^{−2θt}) L / (θ + L) (eq. 11; sgmse `OUVESDE._std`).
  ///
  /// The deviation of the complex number: E|x − μ|² = σ². With the usual parameters σ(1) = 0.3890, σ(0.03) = 0.0188.
  package func marginalDeviation(at time: Double) -> Double {
    let growth = DeterministicMath.exponential(2 * logRatio * time)
    let decay = DeterministicMath.exponential(-2 * theta * time)
    let variance = sigmaMin * sigmaMin * (growth - decay) * logRatio / (theta + logRatio)
    return squareRoot(variance)
  }

  /// The drift θ(y − x) of the forward process.
  package func drift(state x: Double, noisy y: Double) -> Double {
    theta * (y - x)
  }

  /// The diffusion coefficient g(t) of the forward process.
  package func diffusion(at time: Double) -> Double {
    sigmaMin * DeterministicMath.exponential(logRatio * time) * squareRoot(2 * logRatio)
  }

  /// The score of x_t that belongs to a clean estimate: (μ(x̂0, y, t) − x) / σ(t)².
  ///
  /// It is sgmse's ∇ log p, twice the gradient by the real and imaginary part, as fits E|z|² = 1.
  /// - Parameter time: above 0; at 0 the deviation is 0 and the score unbounded.
  package func score(cleanEstimate: Double, state x: Double, noisy y: Double, at time: Double) -> Double {
    precondition(time > 0, "the score is unbounded at time 0")
    let deviation = marginalDeviation(at: time)
    return (marginalMean(clean: cleanEstimate, noisy: y, at: time) - x) / (deviation * deviation)
  }

  /// The clean estimate that belongs to a score: the inverse of `score(cleanEstimate:state:noisy:at:)`.
  package func cleanEstimate(score: Double, state x: Double, noisy y: Double, at time: Double) -> Double {
    let weight = meanWeight(at: time)
    let deviation = marginalDeviation(at: time)
    return (x + deviation * deviation * score - (1 - weight) * y) / weight
  }
}
