import AudioFiles
import Enhancement
import Foundation
import Ground

/// One file through the streaming enhancer: never more than a block of it is in memory.
struct FileEnhancement {
  let task: FileTask
  let plan: Plan
  let raw: RawPCM?
  let force: Bool
  /// Not nil: through the live worker at a device's pace.
  var live: LivePass?
  /// Whether input that is not as it should be is refused.
  var isStrict = false
  /// Collects what a picture shows; nil: none is wanted.
  var figure: FigureRecording?
  /// With `--skip-done`: what the manifest is to say of it.
  var making: OutputInTheMaking?

  /// Samples per channel read at once: whole blocks of the live worker's device, or about as many.
  private var block: Int { roundedUp(4096) }

  /// - Throws: `AudioFileError`, `EnhancementError` and their like; the output is then not there. A noise profile that cannot be saved
  ///   is in the report.
  func run(_ progress: Progress) throws -> FileReport {
    let start = ProcessInfo.processInfo.systemUptime
    var source = try openSource()
    let tags = source.tags
    let format = source.format
    let tracks = figure?.begin(format)
    if let live {
      let device = try live.begin(plan, format)
      let (count, sink) = try enhance(
        source, tags, progress, tracks, latency: device.latencyInSamples,
        process: { samples in
          guard let tracks else { return device.play(samples) }
          tracks.play(samples, on: device)
        },
        finish: { try device.finish(keepsProfile: plan.profileToSave != nil) }, fail: { device.abandon() })
      var report = FileReport(
        task: task, plan: plan, format: format, sampleCount: count, latencyInSamples: device.latencyInSamples,
        live: device.status!, sink: sink, remarks: source.remarks,
        secondsTaken: ProcessInfo.processInfo.systemUptime - start)
      report.profileFailure = failure(ofSaving: device.profile)
      return report
    }
    if case .joined(let folder, let layout) = plan.spans {
      let joined = try JoinedSpans(of: source, name: making?.name ?? task.name, folder: folder, layout: layout)
      try making?.checkSpans(in: folder, joined.count, layout)
      let (count, sink) = try enhance(joined, tags, progress, nil, latency: 0, process: { _ in }, finish: {}, fail: {})
      return FileReport(
        task: task, plan: plan, format: format, sampleCount: count, latencyInSamples: 0, sink: sink,
        remarks: source.remarks, secondsTaken: ProcessInfo.processInfo.systemUptime - start)
    }
    var enhancer = try MultichannelEnhancer(
      model: plan.model, settings: plan.settings, sampleRate: format.sampleRate,
      channelCount: format.channelCount)
    if let profile = plan.profile { try enhancer.setNoiseProfile(profile, isFrozen: true) }
    if let removed = plan.removed { enhancer.setLearnedTokens(removed) }
    let latency = enhancer.latencyInSamples
    var warmUp = plan.warmUp
    var leadIn = 0
    if case .span(let number, let layout) = plan.spans {
      (source, leadIn) = try span(number, layout, of: source)
      let first = layout.firstHeard(number)
      if first > 0 {
        enhancer.number(
          firstFrame: Int(((Double(first) + Double(warmUp)) * enhancer.frameFormat.frameRate).rounded()))
        warmUp = 0
      }
    }
    let opening = try warmUp > 0 ? Opening(of: source, seconds: warmUp) : nil
    opening?.samples.withUnsafeBufferPointer { enhancer.warmUp(interleaved: $0) }
    if leadIn > 0 { try hear(leadIn, of: opening ?? source, &enhancer) }
    let back = try wayBack(
      over: opening ?? source, latency: latency, fraction: enhancer.latencyFraction, progress)
    let (count, sink) = try enhance(
      back ?? opening ?? source, tags, progress, tracks, latency: latency + (back?.latencyInSamples ?? 0),
      process: { samples in
        if let tracks {
          tracks.process(samples, through: &enhancer)
        } else {
          enhancer.process(interleaved: UnsafeBufferPointer(samples), into: samples)
        }
        back?.join(samples)
      },
      finish: {}, fail: {})
    var report = FileReport(
      task: task, plan: plan, format: format, sampleCount: count, latencyInSamples: latency,
      statistics: enhancer.statistics, sink: sink, remarks: source.remarks,
      secondsTaken: ProcessInfo.processInfo.systemUptime - start)
    if plan.profileToSave != nil {
      report.profileFailure = failure(ofSaving: enhancer.noiseProfile())
    }
    return report
  }

  /// The source with the way back over it; nil: there is none.
  private func wayBack(
    over source: any AudioSource, latency: Int, fraction: Double, _ progress: Progress
  ) throws -> BackwardSource? {
    let format = source.format
    guard let model = plan.backward else { return nil }
    let pass = try BackwardPass(
      model: model, settings: plan.settings, sampleRate: format.sampleRate, channelCount: format.channelCount,
      warmUp: plan.warmUp, profile: plan.profile, tokens: plan.removedBackward)
    return BackwardSource(of: source, pass: pass, latency: latency, fraction: fraction) { samples in
      progress.advance(by: 0.3 * Double(samples) / Double(format.sampleRate))
    }
  }

  /// A span of the input, from where it is first heard, and the samples that are only heard.
  private func span(_ number: Int, _ layout: SpanLayout, of source: any AudioSource) throws -> (SpanSource, leadIn: Int)
  {
    let rate = source.format.sampleRate
    guard let samples = source.sampleCount, number < layout.count(samples: samples, rate: rate) else {
      throw Failure(.badInput, "\(task.input) has no span \(number) of \(layout.length) s; leave --span out")
    }
    let range = layout.range(number, samples: samples, rate: rate)
    let first = layout.firstHeard(number) * rate
    return (try SpanSource(of: source, range: first..<range.upperBound), range.lowerBound - first)
  }

  /// Enhances what is before a span, and keeps nothing of it but what the enhancer knows then.
  private func hear(_ samples: Int, of source: any AudioSource, _ enhancer: inout MultichannelEnhancer) throws {
    let channels = source.format.channelCount
    let memory = FloatMemory(block * channels)
    defer { withExtendedLifetime(memory) {} }
    var left = samples
    while left > 0 {
      let room = UnsafeMutableBufferPointer(rebasing: memory.buffer[..<(min(block, left) * channels)])
      let count = try source.read(into: room)
      if count == 0 { break }
      let part = UnsafeMutableBufferPointer(rebasing: room[..<(count * channels)])
      enhancer.process(interleaved: UnsafeBufferPointer(part), into: part)
      left -= count
    }
    enhancer.forgetCounts()
  }

  /// All of the input through `process`, in place, into the output file, which is whole at the end or not there.
  ///
  /// - Returns: samples per channel, and where they went.
  private func enhance(
    _ source: any AudioSource, _ tags: AudioTags, _ progress: Progress, _ tracks: EnhancementTracks?, latency: Int,
    process: (UnsafeMutableBufferPointer<Float>) -> Void, finish: () throws -> Void, fail: () -> Void
  ) throws -> (count: Int, sink: any AudioSink) {
    let sink: any AudioSink
    do { sink = try openSink(source.format, tags, source.sampleCount) } catch {
      fail()
      throw error
    }
    do {
      let count = try stream(source, into: sink, progress, tracks, latency: latency, process: process)
      try finish()
      if let making {
        try making.checkInput()
        let seconds = Double(count) / Double(source.format.sampleRate)
        (sink as? AudioFileWriter)?.beforeNaming = { (file) throws(AudioFileError) in
          try making.record(file, durationInSeconds: seconds)
        }
      }
      try sink.finish()
      return (count, sink)
    } catch {
      fail()
      sink.abandon()
      throw error
    }
  }

  /// Reads, enhances and writes until the end; what the latency held back comes out by a tail of zeros.
  ///
  /// - Returns: samples per channel.
  private func stream(
    _ source: any AudioSource, into sink: any AudioSink, _ progress: Progress, _ tracks: EnhancementTracks?,
    latency: Int,
    process: (UnsafeMutableBufferPointer<Float>) -> Void
  ) throws -> Int {
    let channels = source.format.channelCount
    let memory = FloatMemory(block * channels)
    let room = memory.buffer
    defer { withExtendedLifetime(memory) {} }
    // Of the work on a second of sound, the part that is done as it comes.
    let share = source is BackwardSource ? 0.7 : 1
    var early = latency  // output from before the input's first sample, left out
    var count = 0
    var written = 0

    func pass(_ samples: Int) throws {
      let part = UnsafeMutableBufferPointer(rebasing: room[..<(samples * channels)])
      process(part)
      let skipped = min(early, samples)
      early -= skipped
      let kept = min(samples - skipped, count - written)
      guard kept > 0 else { return }
      let heard = UnsafeBufferPointer(rebasing: part[(skipped * channels)..<((skipped + kept) * channels)])
      tracks?.output.add(heard)
      try sink.write(heard)
      written += kept
    }

    var isAtEnd = false
    while !isAtEnd {
      var samples = 0
      repeat {
        let more = try source.read(into: UnsafeMutableBufferPointer(rebasing: room[(samples * channels)...]))
        samples += more
        isAtEnd = more == 0
      } while !isAtEnd && samples != roundedUp(samples)
      count += samples
      tracks?.input.add(UnsafeBufferPointer(rebasing: room[..<(samples * channels)]))
      let whole = roundedUp(samples)
      UnsafeMutableBufferPointer(rebasing: room[(samples * channels)..<(whole * channels)]).update(repeating: 0)
      if whole > 0 { try pass(whole) }
      progress.advance(by: share * Double(samples) / Double(source.format.sampleRate))
    }
    guard count > 0 else {
      throw AudioFileError.empty(path: task.input == "-" ? "standard input" : task.input)
    }
    while written < count {
      let samples = roundedUp(min(block, count - written + early))
      UnsafeMutableBufferPointer(rebasing: room[..<(samples * channels)]).update(repeating: 0)
      try pass(samples)
    }
    return count
  }

  /// The next number of samples that a device gives: whole blocks. What comes in parts of one would be late by its rest.
  private func roundedUp(_ samples: Int) -> Int {
    let step = live?.block ?? 1
    return (samples + step - 1) / step * step
  }

  private func openSource() throws -> any AudioSource {
    guard task.input == "-" else { return try openSound(path: task.input, strict: isStrict) }
    guard let raw else { return try StandardInput.source(STDIN_FILENO, strict: isStrict) }
    return try RawReader(
      fileDescriptor: STDIN_FILENO, sampleFormat: raw.sampleFormat, sampleRate: raw.sampleRate,
      channelCount: raw.channelCount)
  }

  private func openSink(_ format: AudioFormat, _ tags: AudioTags, _ count: Int?) throws -> any AudioSink {
    if task.output == "-" {
      guard let raw else { return try RawWriter(waveTo: STDOUT_FILENO, like: format, sampleCount: count) }
      return RawWriter(
        fileDescriptor: STDOUT_FILENO, sampleFormat: raw.sampleFormat, channelCount: format.channelCount)
    }
    if Files.kind(task.output) == .nullDevice { return NullWriter() }
    let folder = FileName.folder(task.output)
    if task.makesFolder, Files.makeFolder(folder) != 0 {
      throw Failure(.cannotCreate, "\(folder): the folder cannot be made; choose another with -o")
    }
    if !Files.isFolder(folder) {
      throw Failure(.cannotCreate, "\(folder): there is no such folder; make it, or name another output")
    }
    return try AudioFileWriter(
      path: task.output, format: try target(format), tags: tags, overwrite: force, expectedSampleCount: count)
  }

  private func target(_ format: AudioFormat) throws -> AudioFormat {
    do {
      return try AudioFileWriter.format(forPath: task.output, like: format)
    } catch .unknownExtension(_, let suffix) where isInputs(suffix) {
      // What the input is, the output may be: its extension says nothing.
      return try AudioFileWriter.format(forPath: "", like: format)
    }
  }

  /// Whether an output's extension that names no kind of sound file came with the input, which is of another kind than ffmpeg's:
  /// those are read, not written.
  private func isInputs(_ suffix: String) -> Bool {
    let own = FileName.suffix(task.input)
    guard !own.isEmpty else { return FileName.isSame(task.output, FileList.besides(task.input)) }
    return suffix == own && !FFmpegReader.extensions.contains(suffix)
  }

  /// Saves the noise profile, where one is to be saved: when the sound has its name, which is the more to lose.
  ///
  /// - Parameter profile: nil: no noise was heard.
  /// - Returns: why it is not there.
  private func failure(ofSaving profile: NoiseProfile?) -> Failure? {
    guard let path = plan.profileToSave else { return nil }
    guard let profile else {
      return Failure(.badInput, "\(task.input): no noise was heard, so there is no noise profile to save")
    }
    do { try profile.save(to: path) } catch { return Failure(error) }
    return nil
  }
}
