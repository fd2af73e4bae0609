import AudioFiles
import Enhancement
import Ground
import NeuralLayers
import Realtime

/// A recording played again: the same input, settings and decisions of the clock give the same output to the bit, by the
/// same build at the same dispatch level. One thread, no clock.
public final class Replay {
  /// What the device ran at.
  public var format: StreamFormat { header.format }
  /// The settings at the start of the recording.
  public var settings: EnhancementSettings { header.settings }
  /// Samples per channel.
  public var sampleCount: Int { inputCount }

  private let path: String
  private let header: RecordingHeader
  private let model: EnhancementModel?
  private let profile: NoiseProfile?
  private let learned: [LearnedNoise]
  private let inputCount: Int
  private var events: [SessionEvent]

  /// The folders of a recording, in time's order: one for each format that the device had. Each is played by itself, since
  /// rate and block, and with them the latency, may be others.
  ///
  /// - Parameter path: the folder that was named.
  public static func segments(of path: String) -> [String] {
    var all = [path]
    while case let next = RecordingHeader.segmentPath(path, all.count), access(next, F_OK) == 0 { all.append(next) }
    return all
  }

  /// What to load the weights in for a recording: the precision that it was made in. `float32` where it does not say so, or
  /// where this processor has no such precision, which the initialiser refuses.
  public static func precision(of path: String) -> EnhancementModel.Precision {
    let precision = glance(path)?.precision ?? .float32
    return precision.isSupported ? precision : .float32
  }

  /// What to load for a recording: one network, two, or none (the method `wiener`, or no recording).
  public static func networks(of path: String) -> [RecordedNetwork] { glance(path)?.networks ?? [] }

  private static func glance(_ path: String) -> RecordingHeader? {
    (try? text("\(path)/\(RecordingHeader.fileName)", in: path)).flatMap { try? RecordingHeader(text: $0, path: path) }
  }

  /// - Parameters:
  ///   - path: the folder of a segment.
  ///   - model: the weights that were used; nil for the method `wiener`.
  /// - Throws: `RecordingError.badRecording`, `AudioFileError`, `NoiseProfileError`, `LearnedNoiseError`.
  public init(path: String, model: EnhancementModel?) throws {
    self.path = path
    header = try RecordingHeader(text: try Self.text("\(path)/\(RecordingHeader.fileName)", in: path), path: path)
    guard header.precision.isSupported else {
      throw RecordingError.badRecording(
        path: path,
        reason: "made in \(header.precision), which takes a processor with AVX512_BF16; play it where it was made")
    }
    if header.settings.method == .score {
      guard let model else {
        let names = header.networks.map { "'\($0.name)'" }.joined(separator: " and ")
        let options = header.networks.count == 2 ? "them with --model and --second-model" : "it with --model"
        throw RecordingError.badRecording(path: path, reason: "made with the model \(names); give \(options)")
      }
      try Self.check(model, header.networks, path)
      guard header.precision == model.precision else {
        throw RecordingError.badRecording(
          path: path,
          reason:
            "made in \(header.precision), the model was loaded in \(model.precision); load it in \(header.precision)")
      }
    }
    do throws(EnhancementError) { try header.settings.validate(for: model) } catch {
      throw RecordingError.badRecording(path: path, reason: "\(error)")
    }
    guard header.dispatchLevel == EnhancementModel.dispatchLevel else {
      throw RecordingError.badRecording(
        path: path,
        reason: "made on a processor of level \(header.dispatchLevel), this one is \(EnhancementModel.dispatchLevel); "
          + "play it where it was made")
    }
    self.model = model
    profile = header.hasProfile ? try NoiseProfile(path: "\(path)/\(RecordingHeader.profileName)") : nil
    learned = try (0..<header.learnedCount).map { try LearnedNoise(path: "\(path)/\(RecordingHeader.learnedName($0))") }
    inputCount = try Self.sampleCount("\(path)/\(RecordingHeader.inputName)", header, path)
    events = []
    let lines = try Self.text("\(path)/\(RecordingHeader.eventsName)", in: path)
    for (number, line) in lines.split(separator: "\n").enumerated() {
      guard let event = SessionEvent(line: line) else {
        throw RecordingError.badRecording(
          path: path, reason: "\(RecordingHeader.eventsName), line \(number + 1), is no event; record anew")
      }
      events.append(event)
    }
  }

  /// - Throws: `badRecording` for other weights than those recorded.
  private static func check(_ model: EnhancementModel, _ wanted: [RecordedNetwork], _ path: String)
    throws(RecordingError)
  {
    let given = RecordedNetwork.all(of: model)
    for (n, network) in wanted.enumerated() where n >= given.count || given[n].checksum != network.checksum {
      let option = n == 0 ? "--model" : "--second-model"
      let other = n == 0 ? model.path : model.secondPath
      throw .badRecording(
        path: path,
        reason:
          "made with other weights than \(other ?? "those of one network"); give those of '\(network.name)' with \(option)"
      )
    }
    if given.count > wanted.count {
      throw .badRecording(path: path, reason: "made with one network; leave --second-model out")
    }
  }

  /// Plays all of it.
  ///
  /// - Parameters:
  ///   - output: gets interleaved blocks, as many samples as the input has.
  ///   - progress: gets the share done.
  /// - Throws: `AudioFileError` for a damaged input, what `output` throws, `EnhancementError` and its like where no enhancer can be made.
  public func run(
    output: (UnsafeBufferPointer<Float>) throws -> Void, progress: (Double) -> Void = { _ in }
  ) throws {
    guard inputCount > 0 else { return }
    let reader = try AudioFileReader(path: "\(path)/\(RecordingHeader.inputName)")
    let player = try ReplayPlayer(header.start(model: model, profile: profile, learned: learned), events: events)
    let channels = header.format.channelCount
    let block = header.format.block
    let memory = FloatMemory(block * channels)
    let room = memory.buffer
    defer { withExtendedLifetime(memory) {} }
    var done = 0
    while done < inputCount {
      let count = try read(
        reader, into: UnsafeMutableBufferPointer(rebasing: room[..<(min(block, inputCount - done) * channels)]))
      if count == 0 { break }
      player.play(room.baseAddress!, count: count)
      try output(UnsafeBufferPointer(rebasing: room[..<(count * channels)]))
      done += count
      progress(Double(done) / Double(inputCount))
    }
  }

  /// Whether playing gives what was recorded.
  ///
  /// - Returns: nil where it does, to the bit; else the first sample, counted per channel, that differs.
  /// - Throws: as `run`, and `AudioFileError` for a recorded output that cannot be read.
  public func verify(progress: (Double) -> Void = { _ in }) throws -> Int? {
    guard inputCount > 0 else { return nil }
    let recorded = try AudioFileReader(path: "\(path)/\(RecordingHeader.outputName)")
    let channels = header.format.channelCount
    let memory = FloatMemory(header.format.block * channels)
    let room = memory.buffer
    defer { withExtendedLifetime(memory) {} }
    var difference: Int?
    var done = 0
    try run(
      output: { played in
        let count = try read(recorded, into: UnsafeMutableBufferPointer(rebasing: room[..<played.count]))
        if difference == nil {
          for n in 0..<played.count
          where n >= count * channels || played[n].bitPattern != room[n].bitPattern {
            difference = done + n / channels
            break
          }
        }
        done += played.count / channels
      }, progress: progress)
    return difference
  }

  /// 0 where the device changed its format again before the first block.
  private static func sampleCount(_ file: String, _ header: RecordingHeader, _ path: String) throws -> Int {
    let input: AudioFileReader
    do { input = try AudioFileReader(path: file) } catch AudioFileError.empty { return 0 } catch {
      guard let (input, output) = unfinished(path) else { throw error }
      throw RecordingError.badRecording(
        path: path,
        reason:
          "its session runs still, or was killed; once it has ended, rename \(input) to \(RecordingHeader.inputName) and \(output) "
          + "to \(RecordingHeader.outputName), and it plays as far as it goes")
    }
    guard input.format.channelCount == header.format.channelCount,
      input.format.sampleRate == header.format.sampleRate, let count = input.sampleCount
    else {
      throw RecordingError.badRecording(
        path: path, reason: "\(RecordingHeader.inputName) does not fit session.txt; record anew")
    }
    return count
  }

  /// The names under which the recorder keeps the sound until the end.
  private static func unfinished(_ path: String) -> (input: String, output: String)? {
    let names = Files.names(in: path) ?? []
    func find(_ name: String) -> String? { names.first { $0.hasPrefix(".\(name).limpid-") && $0.hasSuffix(".tmp") } }
    guard let input = find(RecordingHeader.inputName), let output = find(RecordingHeader.outputName) else { return nil }
    return (input, output)
  }

  /// Fills the whole room, unless the file ends.
  private func read(_ reader: AudioFileReader, into room: UnsafeMutableBufferPointer<Float>) throws -> Int {
    let channels = header.format.channelCount
    var filled = 0
    while filled < room.count {
      let count = try reader.read(into: UnsafeMutableBufferPointer(rebasing: room[filled...]))
      if count == 0 { break }
      filled += count * channels
    }
    return filled / channels
  }

  private static func text(_ file: String, in path: String) throws(RecordingError) -> String {
    let bytes: [UInt8]
    do throws(FileFailure) { bytes = try readFile(file, limit: 1 << 28) } catch .tooLarge {
      throw .badRecording(path: path, reason: "\(file) is too large to be a recording's")
    } catch {
      if access(path, F_OK) != 0, errno == ENOENT { throw .missing(path: path) }
      throw .badRecording(
        path: path,
        reason:
          "no recording of limpid live or jack (there is no \(file.split(separator: "/").last ?? "")); name its folder")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .badRecording(path: path, reason: "\(file) is no text; record anew")
    }
    return text
  }
}
