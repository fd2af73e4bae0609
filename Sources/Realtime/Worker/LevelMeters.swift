import Ground
import Synchronization

/// Levels by group of channels: the worker measures, onlookers read. What the worker calls neither allocates nor locks.
final class LevelMeters: @unchecked Sendable {
  /// Seconds over which levels are smoothed, for which clipping is told, and what a peak falls by in one, dB.
  private static var smoothing: Double { 0.3 }
  private static var clippingShown: Double { 3 }
  private static var peakFall: Double { 20 }
  /// A sample of 16 bits can be no louder.
  private static var fullScale: Float { 32767 / 32768 }
  private static var mostGroups: Int { 32 }

  private let groupCount = Atomic<Int>(1)
  // Per group; bits of a Double each.
  private let inputPowers = AtomicRow(count: LevelMeters.mostGroups)
  private let outputPowers = AtomicRow(count: LevelMeters.mostGroups)
  private let peaks = AtomicRow(count: LevelMeters.mostGroups)
  /// Seconds of clipping still to be told.
  private let clippings = AtomicRow(count: LevelMeters.mostGroups)

  /// Worker: a block that came in.
  ///
  /// - Parameters:
  ///   - lanes: (channels, count).
  ///   - isLinked: whether all channels are one group.
  ///   - seconds: the block's time.
  func addInput(
    _ lanes: UnsafePointer<UnsafeMutablePointer<Float>>, channels: Int, count: Int, isLinked: Bool, seconds: Double
  ) {
    let groups = isLinked ? 1 : min(channels, Self.mostGroups)
    groupCount.store(groups, ordering: .relaxed)
    let fall = Double(decibelsToAmplitude(Float(-Self.peakFall * seconds)))
    for group in 0..<groups {
      let members = isLinked ? 0..<channels : group..<group + 1
      var highest: Float = 0
      for channel in members { highest = max(highest, largestMagnitude(lanes[channel], count: count)) }
      smooth(inputPowers, group, lanes, members, count, seconds)
      Self.store(max(Double(highest), fall * Self.value(peaks, group)), peaks, group)
      let left = highest >= Self.fullScale ? Self.clippingShown : max(0, Self.value(clippings, group) - seconds)
      Self.store(left, clippings, group)
    }
  }

  /// Worker: the same block as it goes out.
  func addOutput(
    _ lanes: UnsafePointer<UnsafeMutablePointer<Float>>, channels: Int, count: Int, isLinked: Bool, seconds: Double
  ) {
    for group in 0..<(isLinked ? 1 : min(channels, Self.mostGroups)) {
      smooth(outputPowers, group, lanes, isLinked ? 0..<channels : group..<group + 1, count, seconds)
    }
  }

  /// Onlookers. Allocates.
  var groups: [GroupLevels] {
    (0..<groupCount.load(ordering: .relaxed)).map { group in
      var levels = GroupLevels()
      levels.input = decibels(Self.value(inputPowers, group))
      levels.output = decibels(Self.value(outputPowers, group))
      let peak = Self.value(peaks, group)
      levels.inputPeak = decibels(peak * peak)
      levels.isClipping = Self.value(clippings, group) > 0
      return levels
    }
  }

  private func smooth(
    _ powers: borrowing AtomicRow, _ group: Int, _ lanes: UnsafePointer<UnsafeMutablePointer<Float>>,
    _ members: Range<Int>, _ count: Int, _ seconds: Double
  ) {
    var sum = 0.0
    for channel in members {
      let squares = sumOfSquares(lanes[channel], count: count)
      if squares.isFinite { sum += Double(squares) }
    }
    let before = Self.value(powers, group)
    let weight = min(1, seconds / Self.smoothing)
    Self.store(before + weight * (sum / Double(members.count * count) - before), powers, group)
  }

  private func largestMagnitude(_ lane: UnsafePointer<Float>, count: Int) -> Float {
    var largest: Float = 0
    for n in 0..<count where lane[n].magnitude > largest && lane[n].isFinite { largest = lane[n].magnitude }
    return largest
  }

  private static func value(_ row: borrowing AtomicRow, _ group: Int) -> Double { row.cells[group].double }
  private static func store(_ value: Double, _ row: borrowing AtomicRow, _ group: Int) {
    row.cells[group].store(double: value)
  }
}
