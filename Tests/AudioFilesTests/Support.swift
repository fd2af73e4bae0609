import AudioFiles
import CSndfile
import Foundation

func format(_ container: Int, _ encoding: Int, rate: Int = 16_000, channels: Int = 1) -> AudioFormat {
  AudioFormat(sampleRate: rate, channelCount: channels, code: Int32(container | encoding))
}

/// A tone and a step, on the grid of 16 bits, so that integer PCM of 16 bits and more can hold it exactly.
func sound(_ count: Int, channels: Int = 1) -> [Float] {
  (0..<(count * channels)).map { n in
    let value = 0.4 * sin(0.07 * Double(n / channels) + Double(n % channels)) + (n / channels > count / 2 ? 0.1 : -0.1)
    return Float((value * 32_768).rounded() / 32_768)
  }
}

func write(
  _ samples: [Float], _ path: String, _ format: AudioFormat, tags: AudioTags = AudioTags(), overwrite: Bool = false
) throws -> Int {
  let writer = try AudioFileWriter(path: path, format: format, tags: tags, overwrite: overwrite)
  // Unequal blocks, as a stream gives them.
  var rest = samples[...]
  for size in [1, 100, 3, 4096] where !rest.isEmpty {
    let part = Array(rest.prefix(size * format.channelCount))
    try part.withUnsafeBufferPointer { try writer.write($0) }
    rest = rest.dropFirst(part.count)
  }
  try Array(rest).withUnsafeBufferPointer { try writer.write($0) }
  try writer.finish()
  return writer.clippedSampleCount
}

func read(_ path: String, block: Int = 333) throws -> (samples: [Float], reader: AudioFileReader) {
  let reader = try AudioFileReader(path: path)
  return (try drain(reader, block: block), reader)
}

func drain(_ source: any AudioSource, block: Int = 333) throws -> [Float] {
  var all: [Float] = []
  var room = [Float](repeating: .nan, count: block * source.format.channelCount)
  while true {
    let count = try room.withUnsafeMutableBufferPointer { try source.read(into: $0) }
    if count == 0 { return all }
    all += room.prefix(count * source.format.channelCount)
  }
}
