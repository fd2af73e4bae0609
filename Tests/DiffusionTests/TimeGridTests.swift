import Testing

@testable import Diffusion

@Suite struct TimeGridTests {
  @Test func `The standard grid is geometric from 1 to 0.03`() {
    let grid = TimeGrid.standard
    #expect(grid.count == 8 && grid.times[0] == 1 && grid.times[7] == 0.03)
    for (time, expected) in zip(grid.times, Golden.shared.manifest.grid) { #expect(time == Float(expected)) }
    #expect(Array(grid.first(2)) == [grid.times[0], grid.times[1]])
  }

  @Test func `The uniform grid is sgmse's linspace`() {
    let times = TimeGrid.uniform(count: 30, last: 0.03).times
    #expect(times[0] == 1 && times[29] == 0.03)
    for n in 1..<30 { #expect(abs(times[n - 1] - times[n] - 0.97 / 29) < 1e-7) }
  }

  @Test func `Times from outside are checked`() {
    #expect(throws: DiffusionParameterError.emptyGrid) { try TimeGrid(times: []) }
    for times: [Float] in [[0], [1.5], [-0.1], [.nan], [.infinity]] {
      #expect(throws: DiffusionParameterError.self) { try TimeGrid(times: times) }
    }
    #expect(throws: DiffusionParameterError.timesNotDescending(position: 3, time: 0.5)) {
      try TimeGrid(times: [1, 0.5, 0.5])
    }
    #expect(throws: DiffusionParameterError.timeOutOfRange(position: 2, time: 0)) {
      try TimeGrid(times: [1, 0])
    }
    #expect(throws: Never.self) { try TimeGrid(times: [0.8, 0.1]) }
  }

  @Test func `Messages name the value and the remedy`() {
    #expect(
      DiffusionParameterError.timesNotDescending(position: 3, time: 0.5).description
        == "time 3 of the grid is 0.5, not below the one before it; the grid must descend")
    #expect(DiffusionParameterError.emptyGrid.description.contains("give at least one time"))
    #expect(
      DiffusionParameterError.timeOutOfRange(position: 2, time: 0).description.contains(
        "above 0 and at most at 1"))
  }

  @Test func `More steps than points are a caller's mistake`() async {
    await #expect(processExitsWith: .failure) { _ = TimeGrid.standard.first(9) }
    await #expect(processExitsWith: .failure) { _ = TimeGrid.standard.first(0) }
    await #expect(processExitsWith: .failure) { _ = TimeGrid.geometric(count: 1, last: 0.03) }
  }
}
