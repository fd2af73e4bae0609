import AudioFiles
import Foundation
import Testing

/// Raw PCM.
@Suite struct RawTests {
  @Test(arguments: RawSampleFormat.allCases)
  func `every sample format comes back through a pipe`(sampleFormat: RawSampleFormat) throws {
    let pipe = Pipe()
    let samples = sound(3000, channels: 2)
    let out = pipe.fileHandleForWriting
    let done = Thread {
      let writer = RawWriter(fileDescriptor: out.fileDescriptor, sampleFormat: sampleFormat, channelCount: 2)
      try? samples.withUnsafeBufferPointer { try writer.write($0) }
      try? out.close()
    }
    done.start()
    let reader = try RawReader(
      fileDescriptor: pipe.fileHandleForReading.fileDescriptor, sampleFormat: sampleFormat, sampleRate: 48_000,
      channelCount: 2)
    #expect(try drain(reader, block: 77) == samples)
  }

  /// Reading or writing ended with "Resource temporarily unavailable".
  @Test func `pipes that somebody made non-blocking are waited for`() throws {
    let pipe = Pipe()
    let (source, target) = (pipe.fileHandleForReading.fileDescriptor, pipe.fileHandleForWriting.fileDescriptor)
    for end in [source, target] { #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
    let samples = sound(100_000)  // more than a pipe holds
    let thread = Thread {
      usleep(50_000)
      let writer = RawWriter(fileDescriptor: target, sampleFormat: .f32le, channelCount: 1)
      try? samples.withUnsafeBufferPointer { try writer.write($0) }
      // By the handle, which would otherwise close the number again later, when it may be another test's file.
      try? pipe.fileHandleForWriting.close()
    }
    thread.start()
    let reader = try RawReader(fileDescriptor: source, sampleFormat: .f32le, sampleRate: 48_000, channelCount: 1)
    #expect(try drain(reader) == samples)
    withExtendedLifetime(pipe) {}
  }

  @Test func `input that ends in the middle of a sample is refused`() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data([1, 2, 3, 4, 5]))
    try pipe.fileHandleForWriting.close()
    let reader = try RawReader(
      fileDescriptor: pipe.fileHandleForReading.fileDescriptor, sampleFormat: .s16le, sampleRate: 48_000,
      channelCount: 1)
    #expect(throws: AudioFileError.self) { _ = try drain(reader) }
  }

  @Test func `clipping is counted`() throws {
    let pipe = Pipe()
    let writer = RawWriter(
      fileDescriptor: pipe.fileHandleForWriting.fileDescriptor, sampleFormat: .s16le, channelCount: 1)
    try [Float(1), 1.5, -1, -2].withUnsafeBufferPointer { try writer.write($0) }
    #expect(writer.clippedSampleCount == 2)
    #expect(pipe.fileHandleForReading.readData(ofLength: 8) == Data([255, 127, 255, 127, 0, 128, 0, 128]))
  }

  @Test func `a live pipe is not kept waiting for a full buffer, and a sample may come in two parts`() throws {
    let pipe = Pipe()
    let reader = try RawReader(
      fileDescriptor: pipe.fileHandleForReading.fileDescriptor, sampleFormat: .s16le, sampleRate: 48_000,
      channelCount: 1)
    var room = [Float](repeating: .nan, count: 4096)
    func next() throws -> [Float] {
      let count = try room.withUnsafeMutableBufferPointer { try reader.read(into: $0) }
      return Array(room.prefix(count))
    }
    // Three bytes are one sample and a half: the read returns, though the writer still holds the pipe open.
    try pipe.fileHandleForWriting.write(contentsOf: Data([0, 64, 0]))
    #expect(try next() == [0.5])
    try pipe.fileHandleForWriting.write(contentsOf: Data([192, 0, 64]))
    #expect(try next() == [-0.5, 0.5])
    try pipe.fileHandleForWriting.close()
    #expect(try next() == [])
  }

  @Test func `raw PCM becomes a WAV of its own encoding`() throws {
    for (sampleFormat, name) in [(RawSampleFormat.s24le, "24 bit"), (.s32le, "32 bit"), (.f32le, "float")] {
      let reader = try RawReader(fileDescriptor: 0, sampleFormat: sampleFormat, sampleRate: 48_000, channelCount: 1)
      let target = try AudioFileWriter.format(forPath: "x.wav", like: reader.format)
      #expect(target.encodingName.contains(name) && target.containerName.contains("WAV"))
    }
  }
}
