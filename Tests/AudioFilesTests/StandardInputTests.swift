import CSndfile
import Foundation
import TestSupport
import Testing

@testable import AudioFiles

@Suite("Sound through a pipe that says what it is")
struct StandardInputTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// What comes out of a pipe into which these bytes are written, a few at a time.
  private func piped(_ data: Data, strict: Bool = false) throws -> (samples: [Float], source: any AudioSource) {
    // A reader that has seen enough closes its end before all is written.
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    let feeder = Thread {
      var rest = data[...]
      while !rest.isEmpty {
        try? pipe.fileHandleForWriting.write(contentsOf: rest.prefix(777))
        rest = rest.dropFirst(777)
      }
      try? pipe.fileHandleForWriting.close()
    }
    feeder.start()
    defer { try? pipe.fileHandleForReading.close() }
    let source = try StandardInput.source(pipe.fileHandleForReading.fileDescriptor, strict: strict)
    return (try drain(source), source)
  }

  private func data(_ name: String, _ container: Int, _ encoding: Int, channels: Int = 1) throws -> Data {
    _ = try write(sound(5000, channels: channels), scratch.path(name), format(container, encoding, channels: channels))
    return try Data(contentsOf: scratch.url.appendingPathComponent(name))
  }

  @Test(arguments: [
    ("16.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16), ("24.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_24),
    ("32.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_32), ("f.wav", SF_FORMAT_WAV, SF_FORMAT_FLOAT),
    ("x.wav", SF_FORMAT_WAVEX, SF_FORMAT_PCM_16), ("d.wav", SF_FORMAT_WAV, SF_FORMAT_DOUBLE),
    ("a.rf64", SF_FORMAT_RF64, SF_FORMAT_PCM_16), ("a.flac", SF_FORMAT_FLAC, SF_FORMAT_PCM_16),
    ("a.aiff", SF_FORMAT_AIFF, SF_FORMAT_PCM_16),
  ])
  func `what has a header is read to the bit`(name: String, container: Int, encoding: Int) throws {
    let (samples, source) = try piped(data(name, container, encoding, channels: 2))
    #expect(samples == sound(5000, channels: 2))
    #expect(source.format.sampleRate == 16_000 && source.sampleCount == 5000 && source.remarks == [])
  }

  @Test func `a stream without a length goes on to its end`() throws {
    var wave = try data("a.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16)
    for size: [UInt8] in [[255, 255, 255, 255], [0, 0, 0, 0], [0, 0, 0, 0x80], [0xDB, 0xFF, 0xFF, 0x7F]] {
      let start = try #require(wave.firstRange(of: Data("data".utf8))).upperBound
      wave.replaceSubrange(start..<(start + 4), with: size)
      let (samples, source) = try piped(wave)
      #expect(samples == sound(5000) && source.sampleCount == nil && source.remarks == [], "\(size)")
    }
  }

  @Test func `a stream that ends early is taken with a remark and strictly refused`() throws {
    let wave = try data("a.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16).dropLast(1001)
    let (samples, source) = try piped(wave)
    #expect(samples == Array(sound(5000).prefix(4499)) && source.remarks.map(\.isDamage) == [true])
    #expect(throws: AudioFileError.self) { try piped(wave, strict: true) }
  }

  @Test func `chunks behind the samples are not read`() throws {
    let wave = try data("a.wav", SF_FORMAT_WAV, SF_FORMAT_PCM_16) + Data("LIST".utf8) + [4, 0, 0, 0, 1, 2, 3, 4]
    #expect(try piped(wave).samples == sound(5000))
  }

  @Test func `raw PCM is told to say what it is`() throws {
    for bytes in [Data((0..<5000).map { UInt8(truncatingIfNeeded: 7 * $0) }), Data([1]), Data()] {
      let error = #expect(throws: AudioFileError.self) { try piped(bytes) }
      #expect(error.map { bytes.isEmpty || "\($0)".contains("--raw") } == true)
    }
  }

  /// It was told to say what raw PCM it is.
  @Test func `what ffmpeg would have to read is to be named`() throws {
    let starts: [[UInt8]] = [
      Array("wvpk".utf8), [0, 0, 0, 32] + Array("ftypM4A ".utf8), [0x1A, 0x45, 0xDF, 0xA3], [0x30, 0x26, 0xB2, 0x75],
    ]
    for start in starts {
      let error = #expect(throws: AudioFileError.self) { try piped(Data(start) + Data(repeating: 0, count: 200)) }
      #expect(error.map { "\($0)".contains("cannot be read through a pipe; name the file") } == true, "\(start)")
    }
  }

  @Test func `a WAV written to a pipe is read back`() throws {
    for (encoding, count) in [(SF_FORMAT_PCM_16, 500), (SF_FORMAT_PCM_24, nil), (SF_FORMAT_FLOAT, 500)] as [(Int, Int?)]
    {
      let pipe = Pipe()
      let kind = format(SF_FORMAT_FLAC, encoding, channels: 2)
      let writer = try RawWriter(
        waveTo: pipe.fileHandleForWriting.fileDescriptor, like: kind, sampleCount: count)
      try sound(500, channels: 2).withUnsafeBufferPointer { try writer.write($0) }
      try pipe.fileHandleForWriting.close()
      let source = try StandardInput.source(pipe.fileHandleForReading.fileDescriptor)
      #expect(source.sampleCount == count && source.format.encoding == Int32(encoding))
      #expect(try drain(source) == sound(500, channels: 2))
    }
  }

  /// The input's header may have promised another length than there is.
  @Test func `in a file, the header says what was written, whatever was expected`() throws {
    for expected in [nil, 400, 500, 600] {
      let path = scratch.path("out.wav")
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      let writer = try RawWriter(
        waveTo: descriptor, like: format(SF_FORMAT_FLAC, SF_FORMAT_PCM_16, channels: 2), sampleCount: expected)
      try sound(500, channels: 2).withUnsafeBufferPointer { try writer.write($0) }
      try writer.finish()
      close(descriptor)
      let source = try AudioFileReader(path: path, strict: true)
      #expect(source.sampleCount == 500, "\(expected as Int?)")
      #expect(try drain(source) == sound(500, channels: 2))
    }
  }
}
