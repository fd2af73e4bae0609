/// A parameter of the diffusion that came from outside (a weights file, a preset) and cannot be used.
package enum DiffusionParameterError: Error, Equatable, Sendable {
  /// `theta`, `sigmaMin` or `sigmaMax` is out of range.
  case unusableSDE(theta: Double, sigmaMin: Double, sigmaMax: Double)
  /// The time grid has no point.
  case emptyGrid
  /// A time (counted from 1) is not in (0, 1].
  case timeOutOfRange(position: Int, time: Float)
  /// A time (counted from 1) is not below the one before it.
  case timesNotDescending(position: Int, time: Float)
}

extension DiffusionParameterError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unusableSDE(let theta, let sigmaMin, let sigmaMax):
      "theta \(theta), sigma from \(sigmaMin) to \(sigmaMax) is no diffusion process; theta must be positive and "
        + "0 < sigma-min < sigma-max, all finite (the usual values are 1.5, 0.05 and 0.5)"
    case .emptyGrid:
      "the time grid is empty; give at least one time, the first usually 1"
    case .timeOutOfRange(let position, let time):
      "time \(position) of the grid is \(time); times must lie above 0 and at most at 1"
    case .timesNotDescending(let position, let time):
      "time \(position) of the grid is \(time), not below the one before it; the grid must descend"
    }
  }
}
