import AudioFiles
import Enhancement
import Figures
import Foundation
import Realtime
import SignalProcessing

/// What a picture shows of an enhancement, collected while it runs: both signals, and what was decided of every frame. Its
/// memory does not grow with the file (`TimeColumns`). One thread.
final class EnhancementTracks {
  let input: SignalColumns
  let output: SignalColumns
  private let sampleRate: Int
  private let channelCount: Int
  /// Samples per channel of a step: about a hop of the model, so that a step holds one frame; 0: not known yet.
  private var piece = 0
  /// Samples per channel that came in.
  private var position = 0

  /// Places of a row of `shares`.
  private enum Place: Int, CaseIterable { case taken, conditioned, resting, frozen, noiseInput, noiseOutput }
  private var shares: TimeColumns
  /// The most steps, and the fewest with a minus.
  private var steps: TimeColumns
  /// Whether what is heard is the delayed input.
  private var dry: TimeColumns

  private var counts = EnhancementCounts()
  private var row = [Float](repeating: 0, count: Place.allCases.count)
  private var drySamples = 0
  private var early = 0  // samples that `play` gives before those of the input
  /// Whether it is the live worker's, which tells less of its frames.
  private var isLive = false

  init(_ format: AudioFormat) {
    sampleRate = format.sampleRate
    channelCount = format.channelCount
    input = SignalColumns(sampleRate: format.sampleRate, channelCount: format.channelCount)
    output = SignalColumns(
      sampleRate: format.sampleRate, channelCount: format.channelCount, clipping: .beyondFullScale)
    let capacity = SignalColumns.standardCapacity
    shares = TimeColumns(width: Place.allCases.count, capacity: capacity, reduction: .mean)
    steps = TimeColumns(width: 2, capacity: capacity, reduction: .maximum)
    dry = TimeColumns(width: 1, capacity: capacity, reduction: .maximum)
  }

  // MARK: - While it runs

  /// Enhances samples in place, a hop of the model after the other: the same bits as in one block, and after each of them the
  /// enhancer's counts say what became of one frame.
  func process(_ samples: UnsafeMutableBufferPointer<Float>, through enhancer: inout MultichannelEnhancer) {
    let frames = enhancer.frameFormat
    piece = max(1, frames.deviceSamples(frames.hopLength, at: sampleRate))
    forEachPiece(of: samples) { part, isWhole in
      enhancer.process(interleaved: UnsafeBufferPointer(part), into: part)
      if isWhole { note(enhancer.counts, isFrozen: enhancer.isNoiseReferenceFrozen) }
    }
  }

  private func note(_ now: EnhancementCounts, isFrozen: Bool) {
    let frames = now.frames - counts.frames
    // Where a hop is no whole number of samples, a step now and then holds no frame, and is as the one before.
    if frames > 0 {
      func share(_ path: KeyPath<EnhancementCounts, Int>) -> Float {
        Float(now[keyPath: path] - counts[keyPath: path]) / Float(frames)
      }
      set(.taken, share(\.referenceFrames))
      set(.conditioned, share(\.conditionedFrames))
      set(.resting, share(\.restingFrames))
      dry.add([now.fallbackFrames > counts.fallbackFrames ? 1 : 0])
    } else {
      dry.add([0])
    }
    set(.frozen, isFrozen ? 1 : 0)
    set(.noiseInput, Float(now.noiseInputEnergy - counts.noiseInputEnergy))
    set(.noiseOutput, Float(now.noiseOutputEnergy - counts.noiseOutputEnergy))
    shares.add(row)
    counts = now
  }

  /// Plays samples in place on the live worker's device, in whole blocks, and asks after every hop or so how things stand.
  func play(_ samples: UnsafeMutableBufferPointer<Float>, on device: LivePassDevice) {
    if piece == 0 { begin(piece: device.blocksOfAHop, latency: device.latencyInSamples) }
    forEachPiece(of: samples) { part, isWhole in
      device.play(part)
      if isWhole, let status = device.statusNow { note(status) }
    }
  }

  /// - Parameters:
  ///   - piece: samples per channel between two notes.
  ///   - latency: samples that come out before the input's first.
  func begin(piece: Int, latency: Int) {
    self.piece = piece
    early = latency
    isLive = true
  }

  /// How things stand after a piece.
  func note(_ status: LiveStatus) {
    let hop = status.frameDeadline
    set(.taken, status.referenceAge.map { $0 <= 2 * hop } == true ? 1 : 0)
    set(.frozen, status.isFrozen ? 1 : 0)
    set(.noiseInput, status.noiseReduction.map { Float(pow(10, $0 / 10)) } ?? 0)
    set(.noiseOutput, status.noiseReduction == nil ? 0 : 1)
    shares.add(row)
    steps.add([Float(status.steps), -Float(status.steps)])
    // What is played now was heard `early` samples ago.
    if early > 0 {
      early -= piece
    } else {
      dry.add([status.counters.drySamples > drySamples ? 1 : 0])
    }
    drySamples = status.counters.drySamples
  }

  private func set(_ place: Place, _ value: Float) { row[place.rawValue] = value }

  /// Parts of samples that end where a step does, or where the samples do.
  private func forEachPiece(
    of samples: UnsafeMutableBufferPointer<Float>,
    _ body: (_ part: UnsafeMutableBufferPointer<Float>, _ isWhole: Bool) -> Void
  ) {
    var done = 0
    while done < samples.count {
      let part = min(piece - position % piece, samples.count / channelCount - done / channelCount)
      position += part
      body(
        UnsafeMutableBufferPointer(rebasing: samples[done..<(done + part * channelCount)]), position % piece == 0)
      done += part * channelCount
    }
  }

  // MARK: - What came out

  /// Both signals have ended.
  func finish() {
    input.finish()
    output.finish()
  }

  private func share(_ place: Place) -> Track { track(shares, place.rawValue) }

  private func track(_ columns: TimeColumns, _ place: Int) -> Track {
    Track(
      secondsPerValue: Double(columns.stepsPerColumn * max(1, piece)) / Double(sampleRate), values: columns.track(place)
    )
  }

  /// How much lower the frames are in which there is noise alone, dB; NaN where there are none.
  var noiseReduction: Track {
    let before = share(.noiseInput)
    let after = share(.noiseOutput).values
    var reduction = before
    for (n, energy) in before.values.enumerated() {
      reduction.values[n] = energy > 0 ? decibels(energy / max(after[n], energy * 1e-12)) : .nan
    }
    return reduction
  }

  /// What `noiseReduction` is of.
  ///
  /// - Parameter goesBack: whether a way back was averaged in, of which nothing is counted.
  func noiseReductionName(goesBack: Bool) -> String {
    let frames = isLive ? "mean of the last 2 s of noise" : "frames without speech"
    return "noise lower by, dB (\(frames)\(goesBack ? ", the forward way alone" : ""))"
  }

  /// Where something holds: all there may be, whether it does or not.
  ///
  /// - Parameter learned: names of what was learned and is removed.
  func bands(learned: [String]) -> [Figure.Band] {
    var bands = [Figure.Band(name: "taken as noise", shares: share(.taken))]
    if !isLive { bands.append(Figure.Band(name: "noise tokens used", shares: share(.conditioned))) }
    bands.append(Figure.Band(name: "reference kept", shares: share(.frozen)))
    if !learned.isEmpty {
      let label = "removed: " + learned.joined(separator: ", ")
      bands.append(
        Figure.Band(name: "learned sound", spans: [Figure.Band.Span(start: 0, end: input.seconds, label: label)]))
    }
    bands.append(Figure.Band(name: "reverse steps", spans: stepSpans))
    if !isLive { bands.append(Figure.Band(name: "network rested", shares: share(.resting))) }
    return bands + [
      Figure.Band(name: "dry", shares: track(dry, 0)),
      Figure.Band(name: "input clipped", shares: input.clipped),
      Figure.Band(name: "out beyond 0 dB", shares: output.clipped),
    ]
  }

  /// Spans of equal steps; none where they never change.
  private var stepSpans: [Figure.Band.Span] {
    let most = track(steps, 0)
    let fewest = track(steps, 1).values
    var spans: [Figure.Band.Span] = []
    for (n, high) in most.values.enumerated() {
      let low = Int(-fewest[n])
      let label = low == Int(high) ? "\(low)" : "\(low)–\(Int(high))"
      let end = Double(n + 1) * most.secondsPerValue
      if spans.last?.label == label {
        spans[spans.count - 1].end = end
      } else {
        spans.append(Figure.Band.Span(start: Double(n) * most.secondsPerValue, end: end, label: label))
      }
    }
    return spans.count > 1 ? spans : []
  }
}
