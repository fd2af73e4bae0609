import Enhancement
import Ground
import Synchronization

/// What the worker tells onlookers: atomics that one thread writes and any may read; each is right, all together nearly.
final class LiveMeters: @unchecked Sendable {
  /// Frame times kept: about five seconds.
  static var timeCount: Int { 512 }

  let samples = Atomic<Int>(0)
  let inputPower = Atomic<UInt64>(0)  // bits of a Double, smoothed mean square
  let outputPower = Atomic<UInt64>(0)
  let levels = LevelMeters()
  let noiseReduction = Atomic<UInt64>(Double.nan.bitPattern)  // dB
  let steps = Atomic<Int>(1)
  let wishedSteps = Atomic<Int>(1)
  let sparesSecond = Atomic<Bool>(false)  // both networks are wished, the first runs
  let secondPass = Atomic<Int>(-1)  // place in SecondPassShare.allCases; −1: one pass is wished
  let referenceFrames = Atomic<Int>(0)
  let referenceAge = Atomic<Int>(-1)  // frames; −1: none
  let learningLeft = Atomic<Int>(-1)  // samples; −1: not learning
  let isFrozen = Atomic<Bool>(false)
  let freezesWhenHeard = Atomic<Bool>(false)  // it is to be frozen, and too little was heard yet
  let isLearned = Atomic<Bool>(false)  // something is to be removed, voice or not
  let isRemoving = Atomic<Bool>(false)  // and is there just now
  let late = Atomic<Int>(0)
  let reduced = Atomic<Int>(0)
  let referenceLate = Atomic<Int>(0)
  let frames = Atomic<Int>(0)
  let isRealTime = Atomic<Bool>(false)
  /// ppm, bits of a Double; NaN: not measured. Written by whoever looks after the devices.
  let clockDrift = Atomic<UInt64>(Double.nan.bitPattern)
  /// Nanoseconds that the newest frames took, all channels; 0: not yet.
  private let times = AtomicRow(count: LiveMeters.timeCount)
  private let timeIndex = Atomic<Int>(0)

  /// Worker.
  func addFrameTime(_ nanoseconds: UInt64) {
    let index = timeIndex.load(ordering: .relaxed)
    times.cells.base[index % Self.timeCount].store(max(nanoseconds, 1), ordering: .relaxed)
    timeIndex.store(index + 1, ordering: .relaxed)
  }

  /// Onlookers: the newest frame times in seconds, sorted. Allocates.
  func frameTimes() -> [Double] {
    times.values.filter { $0 > 0 }.map { Double($0) * 1e-9 }.sorted()
  }
}

extension Atomic<UInt64> {
  var double: Double { Double(bitPattern: load(ordering: .relaxed)) }
  func store(double value: Double) { store(value.bitPattern, ordering: .relaxed) }
}
