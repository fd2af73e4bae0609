import AudioFiles
import Figures
import Ground

/// One signal or two, read side by side and reduced to what a picture shows. One thread.
final class SoundComparison {
  private let sources: [any AudioSource]
  private let signals: [SignalColumns]
  private let progress: Progress
  /// Share of every step in which both signals are the same; nil where they cannot be compared.
  private var same: TimeColumns?
  private var sameSamples = 0
  private var samplesOfStep = 0

  init(_ sources: [any AudioSource], _ progress: Progress) {
    self.sources = sources
    self.progress = progress
    signals = sources.map { SignalColumns(sampleRate: $0.format.sampleRate, channelCount: $0.format.channelCount) }
    if sources.count == 2, sources[0].format.sampleRate == sources[1].format.sampleRate,
      sources[0].format.channelCount == sources[1].format.channelCount
    {
      same = TimeColumns(width: 1, capacity: SignalColumns.standardCapacity, reduction: .mean)
    }
  }

  /// Reads all of it, block by block.
  ///
  /// - Throws: what reading throws; `empty` where there is nothing.
  func read(names: [String]) throws {
    let block = 4096
    let rooms = FloatMemories(sources.map { block * $0.format.channelCount })
    var counts = sources.map { _ in -1 }
    while counts.contains(where: { $0 != 0 }) {
      for (n, source) in sources.enumerated() where counts[n] != 0 {
        counts[n] = try fill(rooms[n], from: source, block)
        let samples = counts[n] * source.format.channelCount
        signals[n].add(UnsafeBufferPointer(rebasing: rooms[n][..<samples]))
      }
      progress.advance(by: Double(max(0, counts[0])) / Double(sources[0].format.sampleRate))
      if same != nil { compare(rooms[0], rooms[1], min(counts[0], counts[1])) }
    }
    for (n, signal) in signals.enumerated() {
      guard signal.sampleCount > 0 else { throw AudioFileError.empty(path: names[n]) }
      signal.finish()
    }
  }

  /// As many samples as there is room for, fewer at the end only.
  private func fill(_ room: UnsafeMutableBufferPointer<Float>, from source: any AudioSource, _ block: Int) throws -> Int
  {
    let channels = source.format.channelCount
    var count = 0
    while count < block {
      let more = try source.read(into: UnsafeMutableBufferPointer(rebasing: room[(count * channels)...]))
      if more == 0 { break }
      count += more
    }
    return count
  }

  /// Silence is the same in every recording, and is not counted.
  private func compare(
    _ a: UnsafeMutableBufferPointer<Float>, _ b: UnsafeMutableBufferPointer<Float>, _ count: Int
  ) {
    let channels = sources[0].format.channelCount
    for sample in 0..<max(0, count) {
      var isSame = true
      var isSound = false
      for n in (sample * channels)..<((sample + 1) * channels) {
        if a[n] != b[n] { isSame = false }
        if a[n] != 0 { isSound = true }
      }
      if isSame && isSound { sameSamples += 1 }
      samplesOfStep += 1
      if samplesOfStep == signals[0].hopLength {
        // By chance single samples are equal everywhere.
        same!.add([sameSamples > samplesOfStep / 2 ? 1 : 0])
        (sameSamples, samplesOfStep) = (0, 0)
      }
    }
  }

  func figure(names: [String]) -> Figure {
    let shown = names.map { FileName.repaired(FileName.last($0)) }
    let named = Array(zip(shown, signals)).map { (name: $0, columns: $1) }
    var figure = Figure(
      title: shown.joined(separator: " and "), seconds: signals.map(\.seconds).max()!)
    figure.notes = named.map {
      (named.count > 1 ? $0.name + ": " : "") + SoundFigure.description(of: $0.columns) + "; level "
        + SoundFigure.level(of: $0.columns)
    }
    figure.spectrograms = named.map { Figure.NamedSpectrogram(name: $0.name, spectrogram: $0.columns.spectrogram) }
    figure.charts = [SoundFigure.levels(named)]
    if named.count == 2 {
      figure.charts.append(
        SoundFigure.reduction(difference, name: "the second's level lower by, dB", curve: ""))
    }
    var bands = named.map {
      Figure.Band(name: named.count == 1 ? "clipped" : "\($0.name) clipped", shares: $0.columns.clipped)
    }
    if named.count == 2 {
      bands[0].name = "first clipped"
      bands[1].name = "second clipped"
    }
    if let same {
      bands.append(
        Figure.Band(
          name: "unchanged",
          shares: Track(
            secondsPerValue: Double(same.stepsPerColumn * signals[0].hopLength) / Double(signals[0].sampleRate),
            values: same.track(0))))
    }
    SoundFigure.put(bands, into: &figure)
    return figure
  }

  /// The first's level less the second's, dB; NaN where either is silent or has ended.
  private var difference: Track {
    let first = signals[0].level
    let second = signals[1].level
    var track = first
    for (n, power) in first.values.enumerated() {
      let place = Int((Double(n) + 0.5) * first.secondsPerValue / second.secondsPerValue)
      let other = place < second.values.count ? second.values[place] : 0
      track.values[n] = power > 0 && other > 0 ? decibels(power / other) : .nan
    }
    return track
  }
}

/// Several blocks of floats. One thread.
private final class FloatMemories {
  private let all: FixedArray<FloatMemory>
  init(_ counts: [Int]) { all = FixedArray(count: counts.count) { FloatMemory(counts[$0]) } }
  subscript(index: Int) -> UnsafeMutableBufferPointer<Float> { all[index].buffer }
}
