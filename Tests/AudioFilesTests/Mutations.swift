import CSndfile
import Foundation

@testable import AudioFiles

// Sound files of all kinds with something wrong in them, each made again by its number: for the tests, and for
// tools/fuzz/audio, which compiles this file too.

/// SplitMix64: repeatable.
struct RepeatableGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// A sound file in order.
struct SoundOriginal {
  let name: String
  let bytes: [UInt8]
  let format: AudioFormat
  /// Samples per channel.
  let count: Int

  var isMPEG: Bool { format.container == Int32(SF_FORMAT_MPEG) }

  /// One of every kind, a fraction of a second each.
  static func all(in folder: String) throws -> [SoundOriginal] {
    let kinds: [(String, Int, Int, Int)] = [
      ("16.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16, 1), ("24.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_24, 2),
      ("float.wav", SF_FORMAT_WAV, SF_FORMAT_FLOAT, 1), ("ulaw.wav", SF_FORMAT_WAV, SF_FORMAT_ULAW, 1),
      ("adpcm.wav", SF_FORMAT_WAV, SF_FORMAT_IMA_ADPCM, 1), ("extended.wav", SF_FORMAT_WAVEX, SF_FORMAT_PCM_16, 2),
      ("16.rf64", SF_FORMAT_RF64, SF_FORMAT_PCM_16, 1), ("16.w64", SF_FORMAT_W64, SF_FORMAT_PCM_16, 1),
      ("16.aiff", SF_FORMAT_AIFF, SF_FORMAT_PCM_16, 1), ("24.aiff", SF_FORMAT_AIFF, SF_FORMAT_PCM_24, 2),
      ("16.au", SF_FORMAT_AU, SF_FORMAT_PCM_16, 1), ("16.caf", SF_FORMAT_CAF, SF_FORMAT_PCM_16, 1),
      ("16.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_16, 1), ("24.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_24, 2),
      ("vorbis.ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS, 1), ("opus.opus", SF_FORMAT_OGG, SF_FORMAT_OPUS, 1),
      ("layer3.mp3", SF_FORMAT_MPEG, SF_FORMAT_MPEG_LAYER_III, 1),
    ]
    var originals: [SoundOriginal] = []
    for (name, container, encoding, channels) in kinds {
      let path = folder + "/original-" + name
      let samples = (0..<(3000 * channels)).map { n -> Float in
        let tone = 0.3 * sin(0.06 * Double(n / channels))
        return Float(tone + 0.1 * sin(0.5 * Double(n % 97)))
      }
      let format = AudioFormat(sampleRate: 16_000, channelCount: channels, code: Int32(container | encoding))
      let writer = try AudioFileWriter(
        path: path, format: format, tags: AudioTags(), overwrite: true,
        expectedSampleCount: container == SF_FORMAT_RF64 ? nil : 3000)
      try samples.withUnsafeBufferPointer { try writer.write($0) }
      try writer.finish()
      originals.append(try SoundOriginal(name, [UInt8](Data(contentsOf: URL(fileURLWithPath: path))), path))
      if name == "16.flac" {
        let bytes = oggFLAC(originals.last!.bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: path + ".oga"))
        originals.append(try SoundOriginal("flac.oga", bytes, path + ".oga"))
      }
    }
    return originals
  }

  private init(_ name: String, _ bytes: [UInt8], _ path: String) throws {
    let (count, reader) = try Self.read(path)
    self.name = name
    self.bytes = bytes
    self.count = count
    format = reader.format
  }

  /// All of a file.
  static func read(_ path: String) throws -> (count: Int, reader: AudioFileReader) {
    let reader = try AudioFileReader(path: path)
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4096 * reader.format.channelCount)
    defer { room.deallocate() }
    var count = 0
    while case let more = try reader.read(into: room), more > 0 { count += more }
    return (count, reader)
  }

  /// A FLAC file in Ogg's pages: the mapping of https://xiph.org/flac/ogg_mapping.html.
  static func oggFLAC(_ flac: [UInt8], serial: UInt8 = 7) -> [UInt8] {
    var packets = [[0x7F] + Array("FLAC".utf8) + [1, 0, 0, 1] + Array(flac[..<42])]
    var at = 42
    // The blocks of metadata, and all frames as one packet: a decoder sees the same bytes.
    while true {
      let size = flac[(at + 1)...(at + 3)].reduce(0) { $0 << 8 | Int($1) }
      packets.append(Array(flac[at..<(at + 4 + size)]))
      let isLast = flac[at] & 0x80 != 0
      at += 4 + size
      if isLast { break }
    }
    packets.append(Array(flac[at...]))
    var bytes: [UInt8] = []
    var number: UInt8 = 0
    for (n, packet) in packets.enumerated() {
      var rest = packet[...]
      var isFirst = true
      repeat {
        let part = rest.prefix(255 * 255)
        rest = rest.dropFirst(part.count)
        var table = [UInt8](repeating: 255, count: part.count / 255)
        if rest.isEmpty { table.append(UInt8(part.count % 255)) }
        let flags: UInt8 =
          (isFirst ? 0 : 1) | (n == 0 ? 2 : 0) | (n == packets.count - 1 && rest.isEmpty ? 4 : 0)
        var page = Array("OggS".utf8) + [0, flags] + [UInt8](repeating: 0, count: 8)
        page += [serial, 0, 0, 0, number, 0, 0, 0, 0, 0, 0, 0, UInt8(table.count)]
        page += table
        page += part
        let sum = OggChecksum().of(page)
        for k in 0..<4 { page[22 + k] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * k)) }
        bytes += page
        number += 1
        isFirst = false
      } while !rest.isEmpty
    }
    return bytes
  }
}

/// A sound file with something wrong in it.
struct SoundMutation {
  let original: SoundOriginal
  let kind: Kind
  var bytes: [UInt8]

  enum Kind: Int, CaseIterable {
    case flip, scribble, field, cut, tail, gap, insertion, twice, stranger, zeros
  }

  init(_ number: Int, of originals: [SoundOriginal], seed: UInt64) {
    var random = RepeatableGenerator(state: seed &+ UInt64(number) &* 0x1_0000_0001)
    original = originals.randomElement(using: &random)!
    kind = Kind.allCases.randomElement(using: &random)!
    bytes = original.bytes
    let count = bytes.count
    func span() -> Range<Int> {
      let start = Int.random(in: 0..<count, using: &random)
      return start..<min(count, start + Int.random(in: 1...max(1, count / 4), using: &random))
    }
    func noise(_ most: Int) -> [UInt8] {
      (0..<Int.random(in: 1...most, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    switch kind {
    case .flip:
      let most = Bool.random(using: &random) ? count : min(count, 120)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<most, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
    case .scribble:
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: 0..<min(count, 160), using: &random)] = .random(in: 0...255, using: &random)
      }
    case .field:
      let values: [UInt32] = [
        0, .max, 0x7FFF_FFFF, 0x8000_0000, UInt32(count), UInt32(count + 44), UInt32(count - 8),
        .random(in: 0...9999, using: &random),
      ]
      let value = values.randomElement(using: &random)!
      let at = 4 * Int.random(in: 0..<30, using: &random)
      let isBig = Bool.random(using: &random)
      for n in 0..<4 { bytes[at + n] = UInt8(truncatingIfNeeded: value >> UInt32(8 * (isBig ? 3 - n : n))) }
    case .cut: bytes = Array(bytes.prefix(Int.random(in: 1..<count, using: &random)))
    case .tail: bytes += noise(600)
    case .gap: bytes.removeSubrange(span())
    case .insertion: bytes.insert(contentsOf: noise(300), at: Int.random(in: 0...count, using: &random))
    case .twice: bytes += bytes
    case .stranger: bytes += originals.randomElement(using: &random)!.bytes
    case .zeros: for n in span() { bytes[n] = 0 }
    }
  }

  enum Outcome: CaseIterable {
    /// As if nothing were wrong.
    case read
    case readWithRemark
    case refused
  }

  /// Reads the file, and says what is wrong with how it is read; nil: nothing. A sentence that refuses it is right, and so is
  /// a remark; a length that is not the sound's without either is not.
  func read(_ path: String) throws -> (Outcome, fault: String?) {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let count: Int
    let reader: AudioFileReader
    do { (count, reader) = try SoundOriginal.read(path) } catch let error as AudioFileError {
      return (.refused, "\(error)".contains(path) ? nil : "\(error) names no file")
    }
    if reader.remarks.contains(where: \.isDamage) { return (.readWithRemark, nil) }
    let tolerance = original.isMPEG ? 2 * 1152 : 0
    if let promised = reader.sampleCount, abs(promised - count) > tolerance {
      return (.read, "\(promised) samples promised, \(count) read")
    }
    guard reader.format == original.format else { return (.read, nil) }
    let expected = kind == .twice ? 2 * original.count : original.count
    if abs(count - expected) <= tolerance { return (.read, nil) }
    // A stranger of the same format may be a part as good as the first.
    if kind == .stranger, count > original.count { return (.read, nil) }
    return (.read, "\(count) samples read of \(expected), without a word")
  }
}
