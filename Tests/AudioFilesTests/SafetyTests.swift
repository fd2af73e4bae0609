import CSndfile
import Foundation
import Testing
import TestSupport

@testable import AudioFiles

/// What a recording must survive: full disks, odd targets, missing ends, sizes beyond 32 bits.
/// Sound files are safe.
@Suite struct SafetyTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func `a pipe or a device is not replaced, even where replacing is allowed`() throws {
    let path = scratch.path("pipe.wav")
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: AudioFileError.notReplaceable(path: path)) {
      try write(sound(10), path, format(SF_FORMAT_WAV, SF_FORMAT_PCM_16), overwrite: true)
    }
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    #expect(scratch.names == ["pipe.wav"])
  }

  @Test func `a file that appears while another is written is not replaced`() throws {
    let path = scratch.path("a.wav")
    let wave = format(SF_FORMAT_WAV, SF_FORMAT_PCM_16)
    let writer = try AudioFileWriter(path: path, format: wave, tags: AudioTags(), overwrite: false)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: AudioFileError.exists(path: path)) { try writer.finish() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
    #expect(scratch.names == ["a.wav"])
  }

  @Test func `replacing a file keeps its permissions, and a symbolic link to it`() throws {
    let wave = format(SF_FORMAT_WAV, SF_FORMAT_PCM_16)
    _ = try write(sound(10), scratch.path("private.wav"), wave)
    #expect(chmod(scratch.path("private.wav"), 0o600) == 0)
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link.wav"), withDestinationPath: "private.wav")
    _ = try write(sound(500), scratch.path("link.wav"), wave, overwrite: true)
    var status = stat()
    #expect(lstat(scratch.path("link.wav"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(lstat(scratch.path("private.wav"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(try read(scratch.path("private.wav")).samples == sound(500))
    #expect(scratch.names == ["link.wav", "private.wav"])
  }

  @Test func `what a process of the same number left behind is in nobody's way, and is not removed`() throws {
    // As processes in two containers that share a folder have it: both may be number 7.
    let others = (0..<5000).map { scratch.path(".a.wav.limpid-\(getpid())-\($0).tmp") }
    for other in others { #expect(FileManager.default.createFile(atPath: other, contents: nil)) }
    _ = try write(sound(10), scratch.path("a.wav"), format(SF_FORMAT_WAV, SF_FORMAT_PCM_16))
    #expect(others.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    #expect(scratch.names.count == others.count + 1)
  }

  @Test func `each encoding goes into each container or is refused before anything is written`() throws {
    let encodings = [
      SF_FORMAT_PCM_S8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32, SF_FORMAT_PCM_U8, SF_FORMAT_FLOAT,
      SF_FORMAT_DOUBLE, SF_FORMAT_ULAW, SF_FORMAT_ALAW, SF_FORMAT_IMA_ADPCM, SF_FORMAT_MS_ADPCM, SF_FORMAT_GSM610,
      SF_FORMAT_VORBIS, SF_FORMAT_OPUS, SF_FORMAT_ALAC_16, SF_FORMAT_ALAC_24, SF_FORMAT_MPEG_LAYER_I,
      SF_FORMAT_MPEG_LAYER_II, SF_FORMAT_MPEG_LAYER_III,
    ]
    let names = ["wav", "rf64", "w64", "aiff", "flac", "ogg", "opus", "mp3", "caf", "au"]
    for encoding in encodings {
      for name in names {
        for channels in [1, 2] {
          let path = scratch.path("\(encoding)-\(channels).\(name)")
          let input = format(0, encoding, rate: 16_000, channels: channels)
          let target = try AudioFileWriter.format(forPath: path, like: input)
          #expect(throws: Never.self, "\(encoding) into \(name)") {
            _ = try write(sound(2000, channels: channels), path, target)
          }
        }
      }
    }
  }

  @Test func `ADPCM clips what is beyond full scale; it once wrapped around`() throws {
    let loud = (0..<4000).map { Float(1.5 * sin(0.02 * Double($0))) }
    let path = scratch.path("a.wav")
    #expect(try write(loud, path, format(SF_FORMAT_WAV, SF_FORMAT_MS_ADPCM)) > 1000)
    let back = try read(path).samples
    let wrapped = zip(back, loud).filter { abs($0 - min(1, max(-1, $1))) > 0.5 }.count
    #expect(wrapped == 0)
  }

  @Test(arguments: [
    ("a.ogg", SF_FORMAT_OGG, SF_FORMAT_VORBIS), ("a.opus", SF_FORMAT_OGG, SF_FORMAT_OPUS),
    ("a.w64", SF_FORMAT_W64, SF_FORMAT_PCM_16), ("a.rf64", SF_FORMAT_RF64, SF_FORMAT_PCM_16),
    ("a.au", SF_FORMAT_AU, SF_FORMAT_PCM_16), ("a.caf", SF_FORMAT_CAF, SF_FORMAT_PCM_16),
  ])
  func `containers that forget to say so: a missing end is found`(name: String, container: Int, encoding: Int) throws {
    _ = try write(sound(60_000), scratch.path(name), format(container, encoding))
    #expect(try read(scratch.path(name)).samples.count == 60_000)
    let whole = try Data(contentsOf: scratch.url.appendingPathComponent(name))
    for share in [0.3, 0.6, 0.9] {
      try whole.prefix(Int(Double(whole.count) * share)).write(to: scratch.url.appendingPathComponent("cut-" + name))
      // PCM is taken as far as it goes, with a remark.
      if container != SF_FORMAT_OGG {
        let (samples, reader) = try read(scratch.path("cut-" + name))
        #expect(samples == Array(sound(60_000).prefix(samples.count)) && samples.count > Int(50_000 * share))
        #expect(reader.remarks.map(\.isDamage) == [true], "\(share) of \(name): \(reader.remarks)")
      }
      #expect(throws: AudioFileError.self, "\(share) of \(name)") {
        _ = try drain(AudioFileReader(path: scratch.path("cut-" + name), strict: true))
      }
    }
  }

  @Test func `a WAV of unknown length is a WAV in the end`() throws {
    let path = scratch.path("a.wav")
    for encoding in [SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_FLOAT] {
      _ = try write(sound(500), path, format(SF_FORMAT_WAV, encoding), overwrite: true)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(4) == Data("RIFF".utf8))
      let (samples, reader) = try read(path)
      #expect(samples == sound(500))
      #expect(reader.format.code & Int32(SF_FORMAT_SUBMASK) == Int32(encoding))
    }
  }

  @Test func `sound beyond 4 GB is RF64 where WAV was meant, and refused where nothing helps`() throws {
    let long = 3_000_000_000
    let wave = try AudioFileWriter(
      path: scratch.path("a.wav"), format: format(SF_FORMAT_WAV, SF_FORMAT_PCM_16), tags: AudioTags(),
      overwrite: false, expectedSampleCount: long)
    wave.abandon()
    let layout = try format(SF_FORMAT_WAV, SF_FORMAT_PCM_16).layout(path: "a.wav", expectedSampleCount: long)
    #expect(layout.code == Int32(SF_FORMAT_RF64 | SF_FORMAT_PCM_16) && layout.largestSampleCount == .max)
    let error = #expect(throws: AudioFileError.self) {
      try AudioFileWriter(
        path: scratch.path("a.aiff"), format: format(SF_FORMAT_AIFF, SF_FORMAT_PCM_16), tags: AudioTags(),
        overwrite: false, expectedSampleCount: long)
    }
    #expect(error.map { "\($0)".contains("4 GB") } == true)
    #expect(scratch.names == [])
  }

  @Test func `the origin of a broadcast WAV comes along`() throws {
    // A file with a bext chunk, made by libsndfile itself.
    var info = SF_INFO()
    info.samplerate = 48_000
    info.channels = 1
    info.format = Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
    let file = try #require(sf_open(scratch.path("bext.wav"), Int32(SFM_WRITE), &info))
    var origin = [UInt8](repeating: 0, count: MemoryLayout<SF_BROADCAST_INFO>.size)
    origin.replaceSubrange(0..<11, with: Array("Scene 7 / 3".utf8))
    #expect(sf_command(file, Int32(SFC_SET_BROADCAST_INFO), &origin, Int32(origin.count)) == 1)
    _ = sound(100).withUnsafeBufferPointer { sf_write_float(file, $0.baseAddress, 100) }
    sf_close(file)
    let (samples, reader) = try read(scratch.path("bext.wav"))
    _ = try write(samples, scratch.path("out.wav"), reader.format, tags: reader.tags)
    let out = try Data(contentsOf: scratch.url.appendingPathComponent("out.wav"))
    #expect(out.range(of: Data("bext".utf8)) != nil && out.range(of: Data("Scene 7 / 3".utf8)) != nil)
  }

  @Test func `the temporary files of dead processes are removed on demand, those of living ones and all else stay`()
    throws
  {
    let writer = try AudioFileWriter(
      path: scratch.path("a.wav"), format: format(SF_FORMAT_WAV, SF_FORMAT_PCM_16), tags: AudioTags(), overwrite: false)
    try sound(10).withUnsafeBufferPointer { try writer.write($0) }
    let living = try #require(scratch.names.first)
    for (name, text) in [
      (".b.wav.limpid-7-abc.tmp", "half"), (".b.c.limpid-8-xyz.tmp", "half"), (".d.wav.limpid-9-new.tmp", ""),
      ("b.limpid-7-abc.tmp", "mine"), (".b.limpid-7", "mine"), (".tmp", "mine"),
    ] { try scratch.write(Data(text.utf8), name) }
    AudioFileWriter.removeLeftovers(in: scratch.url.path)
    #expect(scratch.names == [living, ".b.limpid-7", ".d.wav.limpid-9-new.tmp", ".tmp", "b.limpid-7-abc.tmp"].sorted())
    // And before it has its name, it is shown whole.
    var shown: Data?
    writer.beforeNaming = { (path) throws(AudioFileError) in
      #expect(!FileManager.default.fileExists(atPath: self.scratch.path("a.wav")))
      AudioFileWriter.removeLeftovers(in: self.scratch.url.path)
      shown = try? Data(contentsOf: URL(fileURLWithPath: path))
    }
    try writer.finish()
    #expect(try shown == Data(contentsOf: URL(fileURLWithPath: scratch.path("a.wav"))))

    let other = try AudioFileWriter(
      path: scratch.path("e.wav"), format: format(SF_FORMAT_WAV, SF_FORMAT_PCM_16), tags: AudioTags(), overwrite: false)
    other.beforeNaming = { (_) throws(AudioFileError) in throw .writingFailed(path: "list", reason: "full") }
    #expect(throws: AudioFileError.writingFailed(path: "list", reason: "full")) { try other.finish() }
    #expect(!scratch.names.contains { $0.contains("e.wav") })
  }
}
