import Ground

/// Rows of numbers over time, reduced to a bounded number of columns while a stream of unknown length comes in.
///
/// Every row is a step of time. As long as there is room a column is a step; when all columns are full, neighbours become
/// one, and a column is twice as many steps from then on. So an hour takes the memory of a minute, and between half of the
/// columns and all of them are in use however long the stream was. One instance belongs to one thread.
package struct TimeColumns: Sendable {
  /// What becomes of several steps in one column.
  package enum Reduction: Sendable {
    /// Their mean: of powers, shares.
    case mean
    /// The largest: what is rare must be seen.
    case maximum
  }

  /// Numbers of a row.
  package let width: Int
  /// The most columns there are; even.
  package let capacity: Int
  package let reduction: Reduction
  package private(set) var stepsPerColumn = 1
  /// Steps that have come in.
  package private(set) var stepCount = 0
  /// (columnCount, width): sums for means, else the largest.
  private var values: [Float] = []

  /// - Parameters:
  ///   - width: numbers of a row, 1 or more.
  ///   - capacity: the most columns, even.
  package init(width: Int, capacity: Int, reduction: Reduction) {
    precondition(width > 0 && capacity >= 2 && capacity % 2 == 0, "columns have a width, and their number is even")
    self.width = width
    self.capacity = capacity
    self.reduction = reduction
  }

  package var columnCount: Int { values.count / width }

  /// Steps in a column; only the last has fewer than `stepsPerColumn`.
  package func steps(in column: Int) -> Int { min(stepsPerColumn, stepCount - column * stepsPerColumn) }

  /// Takes the next step.
  ///
  /// - Parameter row: `width` finite numbers.
  package mutating func add(_ row: UnsafePointer<Float>) {
    if stepCount == capacity * stepsPerColumn { joinNeighbours() }
    let at = stepCount / stepsPerColumn * width
    let isNew = at == values.count
    if isNew { values.append(contentsOf: UnsafeBufferPointer(start: row, count: width)) }
    stepCount += 1
    guard !isNew else { return }
    values.withUnsafeMutableBufferPointer { Self.reduce(row, into: $0.baseAddress! + at, width, reduction) }
  }

  /// The same for an array.
  package mutating func add(_ row: [Float]) {
    precondition(row.count == width, "a step has as many numbers as the columns are wide")
    row.withUnsafeBufferPointer { add($0.baseAddress!) }
  }

  private mutating func joinNeighbours() {
    let width = width
    let reduction = reduction
    values.withUnsafeMutableBufferPointer { all in
      let base = all.baseAddress!
      for column in 0..<all.count / width / 2 {
        copyFloats(base + 2 * column * width, to: base + column * width, count: width)
        Self.reduce(base + (2 * column + 1) * width, into: base + column * width, width, reduction)
      }
    }
    values.removeLast(values.count / 2)
    stepsPerColumn *= 2
  }

  private static func reduce(
    _ row: UnsafePointer<Float>, into column: UnsafeMutablePointer<Float>, _ width: Int, _ reduction: Reduction
  ) {
    switch reduction {
    case .mean: addScaled(column, 1, row, into: column, count: width)
    case .maximum: for n in 0..<width { column[n] = max(column[n], row[n]) }
    }
  }

  /// The number at a place of all columns, (columnCount).
  package func track(_ place: Int) -> [Float] {
    precondition(place >= 0 && place < width, "a place is from 0 to width − 1")
    return (0..<columnCount).map { column in
      let value = values[column * width + place]
      return reduction == .mean ? value / Float(steps(in: column)) : value
    }
  }

  /// The first `count` numbers of all columns, (columnCount, count).
  package func rows(_ count: Int) -> [Float] {
    precondition(count > 0 && count <= width, "a row has from 1 to width numbers")
    var rows: [Float] = []
    rows.reserveCapacity(columnCount * count)
    for column in 0..<columnCount {
      let scale = reduction == .mean ? 1 / Float(steps(in: column)) : 1
      for place in 0..<count { rows.append(values[column * width + place] * scale) }
    }
    return rows
  }
}
