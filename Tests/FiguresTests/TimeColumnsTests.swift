import Figures
import TestSupport
import Testing

/// Rows over time in bounded memory.
@Suite struct TimeColumnsTests {
  @Test(arguments: [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 1_000])
  func `means and maxima are those of the steps of each column`(steps: Int) {
    var random = SplitMix(UInt64(steps) + 1)
    let rows = (0..<steps).map { _ in random.samples(3) }
    var means = TimeColumns(width: 3, capacity: 8, reduction: .mean)
    var maxima = TimeColumns(width: 3, capacity: 8, reduction: .maximum)
    for row in rows {
      means.add(row)
      maxima.add(row)
    }
    let size = means.stepsPerColumn
    #expect(means.columnCount == (steps + size - 1) / size && means.columnCount <= 8)
    #expect(steps <= 8 ? size == 1 : means.columnCount > 4)
    for column in 0..<means.columnCount {
      let part = rows[(column * size)..<min(steps, (column + 1) * size)]
      #expect(means.steps(in: column) == part.count)
      for place in 0..<3 {
        let mean = part.reduce(0) { $0 + Double($1[place]) } / Double(part.count)
        #expect(abs(Double(means.track(place)[column]) - mean) < 1e-5)
        #expect(maxima.track(place)[column] == part.map { $0[place] }.max())
      }
    }
    #expect(means.rows(2).count == 2 * means.columnCount)
    if steps > 0 { #expect(Array(means.rows(2)[..<2]) == [means.track(0)[0], means.track(1)[0]]) }
  }

  @Test func `a hundred hours of seconds are two thousand columns, and one step is still seen`() {
    var columns = TimeColumns(width: 1, capacity: 2048, reduction: .maximum)
    let steps = 100 * 3_600
    let event = 234_567
    let (quiet, loud): ([Float], [Float]) = ([0], [1])
    for step in 0..<steps { columns.add(step == event ? loud : quiet) }
    let track = columns.track(0)
    #expect(track.count <= 2048 && track.count > 1024)
    #expect(track.indices.filter { track[$0] == 1 } == [event / columns.stepsPerColumn])
  }
}
