import Diffusion
import SignalProcessing

/// What surrounds the network and was fixed when it was trained: frames, compression, diffusion process and time grid.
///
/// The weights file states it; weights that state nothing have the standard one. Everything that runs a model takes it from
/// here, nothing of it is compiled in.
package struct ModelFormat: Sendable, Equatable {
  /// Rate, frame, hop and bins.
  package let frame: FrameFormat
  /// The representation that the network sees: factor · |X|^exponent · e^{i∠X}, factor above 0.
  package let compressionFactor: Float
  /// Above 0, at most 1.
  package let compressionExponent: Float
  package let sde: OrnsteinUhlenbeckSDE
  package let grid: TimeGrid
  /// From which end the network hears a sound.
  package let direction: Direction

  /// From which end a network was trained to hear sound.
  package enum Direction: String, Sendable, CaseIterable {
    /// As it comes.
    case forward
    /// From its end: for recordings, whose way back is another view of them (`BackwardPass`).
    case backward
  }

  /// The format of weights that state none.
  package static let standard = ModelFormat(
    unchecked: FrameFormat.standard, 0.15, 0.5, OrnsteinUhlenbeckSDE(), TimeGrid.standard)

  /// The most points of a time grid.
  package static let largestGrid = 64

  /// σ(t) that no time of the grid may fall to: a step divides by it.
  private static let leastDeviation = 1e-9

  /// - Throws: the first thing that cannot be.
  package init(
    frame: FrameFormat, compressionFactor: Float, compressionExponent: Float, sde: OrnsteinUhlenbeckSDE, grid: TimeGrid,
    direction: Direction = .forward
  ) throws(ModelFormatError) {
    guard compressionFactor >= 1e-3, compressionFactor <= 1e3 else { throw .compressionFactor(compressionFactor) }
    guard compressionExponent >= 0.1, compressionExponent <= 1 else { throw .compressionExponent(compressionExponent) }
    guard grid.count <= Self.largestGrid else { throw .grid(grid.count) }
    for time in grid.times {
      guard sde.marginalDeviation(at: Double(time)) > Self.leastDeviation else { throw .time(time) }
    }
    self.init(unchecked: frame, compressionFactor, compressionExponent, sde, grid, direction)
  }

  private init(
    unchecked frame: FrameFormat, _ factor: Float, _ exponent: Float, _ sde: OrnsteinUhlenbeckSDE, _ grid: TimeGrid,
    _ direction: Direction = .forward
  ) {
    self.frame = frame
    compressionFactor = factor
    compressionExponent = exponent
    self.sde = sde
    self.grid = grid
    self.direction = direction
  }
}

/// What about a model's format cannot be, its frames aside (`FrameFormatError`). Prints as a clause that a sentence about the file goes on from.
package enum ModelFormatError: Error, Equatable, Sendable {
  /// A factor outside 0.001…1000 or not a number.
  case compressionFactor(Float)
  /// An exponent outside 0.1…1 or not a number.
  case compressionExponent(Float)
  /// A time grid of too many points.
  case grid(Int)
  /// A time at which the diffusion process has no noise.
  case time(Float)
}

extension ModelFormatError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .compressionFactor(let factor): "the format's compression factor is \(factor), expected 0.001 to 1000"
    case .compressionExponent(let exponent): "the format's compression exponent is \(exponent), expected 0.1 to 1"
    case .grid(let count): "the format's time grid has \(count) points, expected at most \(ModelFormat.largestGrid)"
    case .time(let time): "the format's process has no noise left at time \(time), expected a later one"
    }
  }
}
