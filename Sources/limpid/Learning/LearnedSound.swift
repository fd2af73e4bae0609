import AudioFiles
import Enhancement
import Foundation

/// Where something is learned from: a sound file, or a span of it.
struct LearnedSound {
  let path: String
  /// Seconds.
  var from = 0.0
  /// Seconds; nil: to the end.
  var to: Double?

  /// All channels summed to one. No more than a minute is read.
  func learn() throws -> LearnedNoise {
    let reader = try openSound(path: path)
    for remark in reader.remarks where remark.isDamage { Terminal.complain("warning", "\(path): \(remark)") }
    let rate = reader.format.sampleRate
    let channels = reader.format.channelCount
    let first = Int(from * Double(rate))
    let last = min(to.map { Int($0 * Double(rate)) } ?? Int.max, first + Int(LearnedNoise.longest * Double(rate)))
    if let count = reader.sampleCount, first >= count {
      throw Failure(.usage, "\(path) ends before \(from) s; give an earlier --from")
    }
    var samples: [Float] = []
    var position = 0
    var block = [Float](repeating: 0, count: 4096 * channels)
    while position < last {
      let count = try block.withUnsafeMutableBufferPointer { try reader.read(into: $0) }
      if count == 0 { break }
      for n in 0..<count where position + n >= first && position + n < last {
        var sum: Float = 0
        for channel in 0..<channels { sum += block[n * channels + channel] }
        samples.append(sum / Float(channels))
      }
      position += count
    }
    do { return try LearnedNoise(samples: samples, sampleRate: rate) } catch {
      throw Failure(.badInput, "\(path): \(error)")
    }
  }

  /// Whether `--remove` names a file with it, and not what was learned: it has a slash, or a dot and is there.
  static func isFile(_ text: String) -> Bool { text.contains("/") || text.contains(".") && Files.kind(text) != nil }

  /// What `--remove` names: a file that was learned, a sound, or else a name.
  static func named(_ text: String) throws -> LearnedNoise {
    guard isFile(text) else { return try ProfileStore.load(text) }
    if !text.contains("/"), ProfileStore.holds(text) {
      throw Failure(
        .usage,
        "'\(text)' is a file here and the name of what was learned; give ./\(text) or \(ProfileStore.path(text))")
    }
    return text.hasSuffix(".safetensors") ? try LearnedNoise(path: text) : try LearnedSound(path: text).learn()
  }

  /// A year, in seconds: of any rate that many samples can be counted.
  private static let longestSound = 3.2e7

  /// "12.5", "1:02.5" or "1:00:00" -> seconds.
  static func seconds(_ text: String, _ option: String) throws -> Double {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard (1...3).contains(parts.count), parts.allSatisfy({ ($0 ?? -1) >= 0 && $0!.isFinite }) else {
      throw Failure(.usage, "\(option) '\(text)' is no time; give seconds (4.5) or minutes and seconds (1:04.5)")
    }
    let seconds = parts.reduce(0) { 60 * $0 + $1! }
    guard seconds <= longestSound else {
      throw Failure(.usage, "\(option) '\(text)' is beyond the end of any recording; give an earlier time")
    }
    return seconds
  }
}
