import AudioFiles
import Enhancement
import Foundation
import Ground

/// A long recording in spans, for machines that share it: each is enhanced by itself, after the sound before it was heard, and all
/// are joined by cross-fades.
///
/// Span k begins k lengths into the recording and ends a fade and a margin after its length; the last takes what is left, up to two
/// lengths less half a millisecond.
struct SpanLayout: Sendable, Equatable {
  /// Seconds from the beginning of one span to the next.
  let length: Int

  /// Seconds that are heard before a span: noise reference, level and network then are as in the whole recording, nearly.
  static let leadIn = 60
  /// Seconds over which one span gives way to the next.
  static let fade = 1
  /// Seconds behind the fade that are enhanced and left out: the way back hears them before the span, and the last frames do not
  /// know what follows.
  static let margin = BackwardPass.context

  /// Of a recording, by its length as `limpid info` prints it: tools/archive counts by that.
  func count(samples: Int, rate: Int) -> Int {
    max(1, Int(Double(String(format: "%.3f", Double(samples) / Double(rate)))!) / length)
  }

  /// Samples of the recording that a span has.
  func range(_ span: Int, samples: Int, rate: Int) -> Range<Int> {
    let end = (span + 1) * length * rate + Self.fade * rate + Self.margin * rate
    return span * length * rate..<(span == count(samples: samples, rate: rate) - 1 ? samples : min(samples, end))
  }

  /// Seconds of the recording before which a span hears nothing.
  func firstHeard(_ span: Int) -> Int { max(0, span * length - Self.leadIn) }
}

/// What `--span` and `--join-spans` make of a recording.
enum SpanWork: Sendable {
  case span(Int, SpanLayout)
  /// The spans lie in FOLDER/K, each under its recording's place.
  case joined(folder: String, SpanLayout)

  /// What it adds to the settings that outputs are known by.
  var description: String {
    switch self {
    case .span(let number, let layout): "\(number) of \(layout.length) s, \(SpanLayout.margin) s more"
    case .joined(_, let layout):
      "joined, \(layout.length) s each, after \(SpanLayout.leadIn) s, with fades of \(SpanLayout.fade) s before \(SpanLayout.margin) s"
    }
  }
}

/// A part of a source. One thread.
final class SpanSource: AudioSource {
  private let source: any AudioSource
  private var left: Int

  /// Passes over what is before the range.
  ///
  /// - Parameter range: samples per channel.
  /// - Throws: what reading throws.
  init(of source: any AudioSource, range: Range<Int>) throws(AudioFileError) {
    self.source = source
    left = range.count
    let channels = source.format.channelCount
    let memory = FloatMemory(4096 * channels)
    defer { withExtendedLifetime(memory) {} }
    var passed = 0
    while passed < range.lowerBound {
      let wanted = min(4096, range.lowerBound - passed)
      let count = try source.read(into: UnsafeMutableBufferPointer(rebasing: memory.buffer[..<(wanted * channels)]))
      if count == 0 { break }
      passed += count
    }
  }

  var format: AudioFormat { source.format }
  var sampleCount: Int? { left }
  var remarks: [AudioRemark] { source.remarks }

  func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let channels = format.channelCount
    let wanted = min(buffer.count / channels, left)
    guard wanted > 0 else { return 0 }
    let count = try source.read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<(wanted * channels)]))
    left -= count
    return count
  }
}

/// The enhanced spans of a recording as one source. One thread.
final class JoinedSpans: AudioSource {
  let format: AudioFormat
  let sampleCount: Int?
  /// Of the recording.
  var count: Int { paths.count }
  private let layout: SpanLayout
  private let paths: [String]
  private var number = 0
  private var part: any AudioSource
  private var next: (any AudioSource)?
  /// Samples per channel that were given.
  private var position = 0
  private let room: FloatMemory

  /// - Parameters:
  ///   - source: the recording; its length must be known.
  ///   - name: its place below the folder.
  /// - Throws: `Failure` and `AudioFileError` where a span is not there, or not a span of this recording.
  init(of source: any AudioSource, name: String, folder: String, layout: SpanLayout) throws {
    guard let samples = source.sampleCount else { throw Failure(.badInput, "\(name): its length is not known") }
    format = source.format
    sampleCount = samples
    self.layout = layout
    let count = layout.count(samples: samples, rate: format.sampleRate)
    paths = (0..<count).map { "\(folder)/\($0)/\(name)" }
    room = FloatMemory(4096 * format.channelCount)
    for (n, path) in paths.enumerated() {
      let range = layout.range(n, samples: samples, rate: format.sampleRate)
      let span = try openSound(path: path)
      guard span.sampleCount == range.count, span.format.sampleRate == format.sampleRate,
        span.format.channelCount == format.channelCount
      else { throw Failure(.badInput, "\(path) is not span \(n) of \(name); enhance it again") }
    }
    part = try openSound(path: paths[0])
  }

  func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let channels = format.channelCount
    let rate = format.sampleRate
    let boundary = number + 1 < paths.count ? (number + 1) * layout.length * rate : sampleCount!
    let fade = SpanLayout.fade * rate
    // Alone up to the next one's beginning; then both, for the length of the fade; then the next.
    let isFading = position >= boundary && number + 1 < paths.count
    let end = isFading ? boundary + fade : boundary
    let wanted = min(buffer.count / channels, 4096, end - position)
    guard wanted > 0 else { return 0 }
    let count = try part.read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<(wanted * channels)]))
    guard count > 0 else { return 0 }
    if isFading {
      if next == nil { next = try openSound(path: paths[number + 1]) }
      guard let other = next else { return 0 }
      var got = 0
      while got < count {
        let more = try other.read(
          into: UnsafeMutableBufferPointer(rebasing: room.buffer[(got * channels)..<(count * channels)]))
        if more == 0 { throw .damaged(path: paths[number + 1], reason: "it ends too early") }
        got += more
      }
      for n in 0..<count {
        let weight = (Float(position - boundary + n) + 0.5) / Float(fade)
        for place in (n * channels)..<((n + 1) * channels) {
          buffer[place] += weight * (room.buffer[place] - buffer[place])
        }
      }
    }
    position += count
    if isFading, position == end, let other = next {
      part = other
      next = nil
      number += 1
    }
    return count
  }
}
