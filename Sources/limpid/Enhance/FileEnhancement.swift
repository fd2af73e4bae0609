import AudioIO
import Enhancement
import Foundation

/// One file through the streaming enhancer: never more than a block of it is in memory.
struct FileEnhancement {
  let task: FileTask
  let plan: Plan
  let raw: RawPCM?
  let force: Bool

  /// Samples per channel read at once.
  private static let block = 4096

  /// - Throws: what the rooms below throw; the output is then not there.
  func run(_ progress: Progress) throws -> FileReport {
    let start = ProcessInfo.processInfo.systemUptime
    let (source, tags) = try openSource()
    let format = source.format
    var enhancer = try MultichannelEnhancer(
      model: plan.model, settings: plan.settings, sampleRate: format.sampleRate,
      channelCount: format.channelCount)
    if let profile = plan.profile { enhancer.setNoiseProfile(profile, isFrozen: true) }
    let sink = try openSink(format, tags, source.sampleCount)
    var count = 0
    do {
      count = try stream(source, through: &enhancer, into: sink, progress)
      if let path = plan.profileToSave { try saveProfile(&enhancer, path) }
      try sink.finish()
    } catch {
      sink.abandon()
      throw error
    }
    return FileReport(
      task: task, plan: plan, format: format, sampleCount: count, latencyInSamples: enhancer.latencyInSamples,
      statistics: enhancer.statistics, clippedSamples: sink.clippedSampleCount,
      secondsTaken: ProcessInfo.processInfo.systemUptime - start)
  }

  /// Reads, enhances and writes until the end; what the latency held back comes out by a tail of zeros.
  ///
  /// - Returns: samples per channel.
  private func stream(
    _ source: any AudioSource, through enhancer: inout MultichannelEnhancer, into sink: any AudioSink,
    _ progress: Progress
  ) throws -> Int {
    let channels = source.format.channelCount
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: Self.block * channels)
    defer { room.deallocate() }
    var early = enhancer.latencyInSamples  // output from before the input's first sample, left out
    var count = 0
    var written = 0

    func pass(_ samples: Int) throws {
      let part = UnsafeMutableBufferPointer(rebasing: room[..<(samples * channels)])
      enhancer.process(interleaved: UnsafeBufferPointer(part), into: part)
      let skipped = min(early, samples)
      early -= skipped
      let kept = min(samples - skipped, count - written)
      guard kept > 0 else { return }
      try sink.write(
        UnsafeBufferPointer(rebasing: part[(skipped * channels)..<((skipped + kept) * channels)]))
      written += kept
    }

    while true {
      let samples = try source.read(into: room)
      if samples == 0 { break }
      count += samples
      try pass(samples)
      progress.advance(by: Double(samples) / Double(source.format.sampleRate))
    }
    guard count > 0 else {
      throw AudioFileError.empty(path: task.input == "-" ? "standard input" : task.input)
    }
    while written < count {
      let samples = min(Self.block, count - written + early)
      UnsafeMutableBufferPointer(rebasing: room[..<(samples * channels)]).update(repeating: 0)
      try pass(samples)
    }
    return count
  }

  private func openSource() throws -> (any AudioSource, AudioTags) {
    if task.input == "-" {
      guard let raw else {
        throw Failure(.usage, "raw PCM has no header; say --raw s16le (or another format)")
      }
      let reader = try RawReader(
        fileDescriptor: STDIN_FILENO, sampleFormat: raw.sampleFormat, sampleRate: raw.sampleRate,
        channelCount: raw.channelCount)
      return (reader, AudioTags())
    }
    let reader = try AudioFileReader(path: task.input)
    return (reader, reader.tags)
  }

  private func openSink(_ format: AudioFormat, _ tags: AudioTags, _ count: Int?) throws -> any AudioSink {
    if task.output == "-" {
      guard let raw else {
        throw Failure(.usage, "raw PCM has no header; say --raw s16le (or another format)")
      }
      return RawWriter(
        fileDescriptor: STDOUT_FILENO, sampleFormat: raw.sampleFormat, channelCount: format.channelCount)
    }
    let folder = URL(fileURLWithPath: task.output).deletingLastPathComponent()
    do {
      if task.makesFolder { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    } catch {
      throw Failure(.cannotCreate, "\(folder.path): the folder cannot be made; choose another with -o")
    }
    if !FileList.isFolder(folder.path) {
      throw Failure(.cannotCreate, "\(folder.path): there is no such folder; make it, or name another output")
    }
    return try AudioFileWriter(
      path: task.output, format: try target(format), tags: tags, overwrite: force, expectedSampleCount: count)
  }

  private func target(_ format: AudioFormat) throws -> AudioFormat {
    do {
      return try AudioFileWriter.format(forPath: task.output, like: format)
    } catch .unknownExtension(_, let suffix)
      where suffix == URL(fileURLWithPath: task.input).pathExtension.lowercased()
    {
      // What the input is, the output may be: its extension says nothing.
      return try AudioFileWriter.format(forPath: "", like: format)
    }
  }

  private func saveProfile(_ enhancer: inout MultichannelEnhancer, _ path: String) throws {
    guard let profile = enhancer.withChannel(0, { $0.noiseProfile() }) else {
      throw Failure(.badInput, "\(task.input): no noise was heard, so there is no noise profile to save")
    }
    try profile.save(to: path)
  }
}
