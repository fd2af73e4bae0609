import AudioFiles
import Enhancement
import Ground
import Realtime
import SignalProcessing
import Synchronization

/// Writes what the tap collects into a folder, on a thread of its own: session.txt, input.wav, output.wav, events.txt.
final class Recorder: SessionRecorder, @unchecked Sendable {
  var tap: UnsafeMutablePointer<SessionTap> { ownTap.address }
  private let ownTap: FixedValue<SessionTap>
  private let path: String
  private let channelCount: Int
  private let input: AudioFileWriter
  private let output: AudioFileWriter
  private let events: UnsafeMutablePointer<FILE>
  /// Tests change it before the start.
  var leastRoom: Int
  private let remark: @Sendable (String) -> Void
  private var hasEnded = false
  /// Why, where the files are not whole.
  private var failure: RecordingError?
  /// Whether room was wanting at the drain before.
  private var sawBroken = false
  /// Whether it was wanting on the disk.
  private var isNearlyFull = false
  /// When to look at the disk again, by the monotonic clock.
  private var nextLook: UInt64 = 0
  /// Whether all of the session is in it. After `finish`.
  private(set) var isWhole = true
  private var thread: WorkerThread?

  private static let block = 4096
  private let planar: PlanarBlock  // (channels, block)
  private let interleaved: FloatMemory  // (block, channels)

  /// Makes the folder and its files, or neither.
  ///
  /// - Parameters:
  ///   - frames: of the model.
  ///   - leastRoom: bytes; with fewer free on the disk it does not begin, or ends and is kept.
  /// - Throws: `RecordingError.cannotRecord`.
  init(
    path: String, header: RecordingHeader, frames: FrameFormat, profile: NoiseProfile?, learned: [LearnedNoise],
    leastRoom: Int, remark: @escaping @Sendable (String) -> Void
  ) throws(RecordingError) {
    self.path = path
    self.leastRoom = leastRoom
    self.remark = remark
    let isNew = mkdir(path, 0o755) == 0
    if !isNew {
      guard errno == EEXIST, Files.names(in: path)?.isEmpty == true else {
        let reason =
          errno == EEXIST || errno == 0 ? "it exists and is not an empty folder" : systemReason()
        throw .cannotRecord(path: path, reason: "\(reason); name a new folder")
      }
    }
    do throws(RecordingError) {
      if Self.room(path).map({ $0 < Double(leastRoom) }) == true {
        throw .cannotRecord(path: path, reason: "the disk is nearly full; make room, or record elsewhere")
      }
      (input, output, events) = try Self.makeFiles(path, header, profile, learned)
    } catch {
      Self.removeFiles(path, learnedCount: learned.count)
      if isNew { rmdir(path) }
      throw error
    }
    channelCount = header.format.channelCount
    ownTap = FixedValue(SessionTap(format: header.format, frames: frames))
    planar = PlanarBlock(channelCount: channelCount, capacity: Self.block)
    interleaved = FloatMemory(Self.block * channelCount)
  }

  deinit { fclose(events) }

  private static func makeFiles(
    _ path: String, _ header: RecordingHeader, _ profile: NoiseProfile?, _ learned: [LearnedNoise]
  ) throws(RecordingError) -> (AudioFileWriter, AudioFileWriter, UnsafeMutablePointer<FILE>) {
    let format = AudioFormat.floatWAV(
      sampleRate: header.format.sampleRate, channelCount: header.format.channelCount)
    let (input, output): (AudioFileWriter, AudioFileWriter)
    do {
      if let profile { try profile.save(to: "\(path)/\(RecordingHeader.profileName)") }
      for (n, noise) in learned.enumerated() { try noise.save(to: "\(path)/\(RecordingHeader.learnedName(n))") }
      input = try AudioFileWriter(
        path: "\(path)/\(RecordingHeader.inputName)", format: format, tags: AudioTags(), overwrite: false)
      output = try AudioFileWriter(
        path: "\(path)/\(RecordingHeader.outputName)", format: format, tags: AudioTags(), overwrite: false)
    } catch { throw .cannotRecord(path: path, reason: "\(error)") }
    guard let events = fopen("\(path)/\(RecordingHeader.eventsName)", "wx") else {
      throw .cannotRecord(path: path, reason: "\(systemReason()); name a new folder")
    }
    let session = fopen("\(path)/\(RecordingHeader.fileName)", "wx")
    var isWritten = session.map { fputs(header.text, $0) >= 0 } ?? false
    if let session, fclose(session) != 0 { isWritten = false }
    guard isWritten else {
      let reason = systemReason()
      fclose(events)
      throw .cannotRecord(path: path, reason: "\(reason); name a new folder")
    }
    return (input, output, events)
  }

  /// What `makeFiles` leaves where it fails; the sound's files have no names yet, and go by themselves.
  private static func removeFiles(_ path: String, learnedCount: Int) {
    let names = [RecordingHeader.fileName, RecordingHeader.eventsName, RecordingHeader.profileName]
    for name in names + (0..<learnedCount).map(RecordingHeader.learnedName) { unlink("\(path)/\(name)") }
  }

  /// Bytes that are free on a folder's disk; nil where it does not say how large it is, as some file systems.
  private static func room(_ path: String) -> Double? {
    var disk = statvfs()
    guard statvfs(path, &disk) == 0, disk.f_blocks > 0 else { return nil }
    return Double(disk.f_bavail) * Double(disk.f_frsize)
  }

  /// Begins to write.
  ///
  /// - Throws: `LiveError.noThread`.
  func start() throws {
    thread = try WorkerThread(name: "limpid-record") { [unowned self] in
      lookForRoom()
      drain()
      sleep(nanoseconds: 50_000_000)
    }
  }

  /// Writes what is left and gives the files their names; the device has stopped.
  ///
  /// - Throws: `RecordingError.cannotRecord`, also for what went wrong while it ran.
  func finish() throws(RecordingError) {
    thread?.stop(wake: {})
    thread = nil
    drain()
    // Room was wanting while the last one wrote: what came before is there now.
    if !hasEnded && tap.pointee.isBroken.load(ordering: .relaxed) {
      sawBroken = true
      drain()
    }
    if !hasEnded { close() }
    if let failure { throw failure }
  }

  /// Ends it before the disk is full: a write that finds no room would take all of it away.
  private func lookForRoom() {
    guard !tap.pointee.isBroken.load(ordering: .relaxed), monotonicNanoseconds() >= nextLook else { return }
    nextLook = monotonicNanoseconds() + 1_000_000_000
    guard let room = Self.room(path), room < Double(leastRoom) else { return }
    isNearlyFull = true
    tap.pointee.isBroken.store(true, ordering: .relaxed)
  }

  private func drain() {
    guard !hasEnded else { return }
    // A block that was under way when room was wanting is whole one drain later, or when its output is there: a device
    // without a clock waits for it.
    let isLast = sawBroken && tap.pointee.input.writePosition == tap.pointee.output.writePosition
    sawBroken = tap.pointee.isBroken.load(ordering: .relaxed)
    do {
      try drain(tap.pointee.input, into: input)
      try drain(tap.pointee.output, into: output)
    } catch {
      end(.cannotRecord(path: path, reason: "\(error)"))
      return remark("\(path): the recording has ended: \(error)")
    }
    while let event = tap.pointee.events.read() { if let event = SessionEvent(event) { write(event) } }
    while let span = tap.pointee.dry.read() { write(SessionEvent(span)) }
    // Where nothing was written it does nothing. What goes wrong stays with the file, and `close` says it.
    fflush(events)
    if isLast {
      isWhole = false
      close()
      remark(
        isNearlyFull
          ? "\(path): the recording ends here and is kept, since the disk is nearly full"
          : "\(path): the recording ends here, since the disk was too slow for it")
    }
  }

  /// Gives the files their names.
  private func close() {
    hasEnded = true
    do {
      try input.finish()
      try output.finish()
    } catch { return end(.cannotRecord(path: path, reason: "\(error)")) }
    if fflush(events) != 0 || ferror(events) != 0 {
      end(.cannotRecord(path: path, reason: "\(RecordingHeader.eventsName) cannot be written; make room"))
    }
  }

  /// What is not whole by now never will be.
  private func end(_ error: RecordingError) {
    hasEnded = true
    isWhole = false
    failure = error
    tap.pointee.isBroken.store(true, ordering: .relaxed)
    input.abandon()
    output.abandon()
  }

  private func drain(_ ring: borrowing SampleRing, into file: AudioFileWriter) throws {
    while true {
      let count = min(Self.block, ring.available)
      if count <= 0 { return }
      _ = ring.read(into: planar.lanes, count: count)
      planar.interleave(into: interleaved.base, count: count)
      try file.write(UnsafeBufferPointer(rebasing: interleaved.buffer[..<(count * channelCount)]))
    }
  }

  private func write(_ event: SessionEvent) { fputs(event.line + "\n", events) }
}
