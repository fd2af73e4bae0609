import Ground

/// The fixed descending diffusion times of a model: N steps use the first N points.
///
/// A grid that never moves lets every step keep a network state that always belongs to one time. One grid per model;
/// a value, it may be shared by threads.
package struct TimeGrid: Sendable, Equatable {
  /// t_1 > t_2 > …, all in (0, 1].
  package let times: [Float]

  /// t_1 … t_8, geometric from 1 to 0.03.
  package static let standard = TimeGrid.geometric(count: 8, last: 0.03)

  /// A grid from outside, for example of a weights file.
  ///
  /// - Throws: `emptyGrid`, `timeOutOfRange`, `timesNotDescending`.
  package init(times: [Float]) throws(DiffusionParameterError) {
    guard !times.isEmpty else { throw .emptyGrid }
    for (index, time) in times.enumerated() {
      guard time > 0, time <= 1 else { throw .timeOutOfRange(position: index + 1, time: time) }
      guard index == 0 || time < times[index - 1] else {
        throw .timesNotDescending(position: index + 1, time: time)
      }
    }
    self.times = times
  }

  private init(unchecked times: [Float]) { self.times = times }

  /// t_n = last^((n−1)/(count−1)): dense where the noise is small.
  package static func geometric(count: Int, last: Double) -> TimeGrid {
    precondition(
      count >= 2 && last > 0 && last < 1, "a geometric grid takes at least 2 points and a last time in (0, 1)"
    )
    let slope = DeterministicMath.logarithm(last) / Double(count - 1)
    return TimeGrid(unchecked: (0..<count).map { Float(DeterministicMath.exponential(slope * Double($0))) })
  }

  /// t_n evenly from 1 to last, as sgmse's `torch.linspace(sde.T, eps, sde.N)`.
  package static func uniform(count: Int, last: Double) -> TimeGrid {
    precondition(
      count >= 2 && last > 0 && last < 1, "a uniform grid takes at least 2 points and a last time in (0, 1)")
    let spacing = (1 - last) / Double(count - 1)
    return TimeGrid(unchecked: (0..<count).map { Float(1 - spacing * Double($0)) })
  }

  /// The number of points, the largest number of steps.
  package var count: Int { times.count }

  /// The first `steps` points.
  package func first(_ steps: Int) -> ArraySlice<Float> {
    precondition(steps >= 1 && steps <= count, "steps must be from 1 to the grid's count")
    return times.prefix(steps)
  }
}
