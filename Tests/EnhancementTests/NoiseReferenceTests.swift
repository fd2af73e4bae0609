import Foundation
import SignalProcessing
import Testing
import TestSupport

@testable import Enhancement

@Suite struct NoiseReferenceTests {
  private func settings(_ selection: NoiseSelection) -> EnhancementSettings {
    var settings = EnhancementSettings()
    settings.noiseSelection = selection
    return settings
  }

  /// With every frame taken, 25 have been heard before frame 25: the first reference.
  @Test func `a reference of frame 25k is in effect from frame 25k + 10 on`() throws {
    let log = Log()
    var chain = try makeChain(.scale(0.1), settings: settings(.residual), log: log)
    _ = run(&chain, whiteNoise(160 * 260))
    #expect(log.encodings.map(\.frame) == Array(stride(from: 25, to: 260, by: 25)))
    #expect(log.encodings.map(\.frameCount) == [25, 50, 75, 100, 125, 150, 175, 200, 200, 200])
    #expect(log.tokens.map(\.frame) == Array(stride(from: 35, to: 260, by: 25)))
    #expect(log.tokens.allSatisfy { $0.first != nil })
    #expect(chain.statistics.referenceRefreshes == 10 - 1)
    #expect(chain.statistics.referenceFrames == 260)
    #expect(chain.statistics.conditionedFrames == 260 - 35)
  }

  @Test func `what is heard after a reference was taken does not change its tokens`() throws {
    func tokens(changedFrom frame: Int) throws -> [Float?] {
      let log = Log()
      var chain = try makeChain(.scale(0.1), settings: settings(.residual), log: log)
      var input = whiteNoise(160 * 80)
      for n in 160 * frame..<input.count { input[n] *= 3 }
      _ = run(&chain, input)
      return log.tokens.map(\.first)
    }
    let unchanged = try tokens(changedFrom: 80)
    #expect(unchanged.count == 2)
    #expect(try tokens(changedFrom: 50) == unchanged)
    #expect(try tokens(changedFrom: 49)[0] == unchanged[0])
    #expect(try tokens(changedFrom: 49)[1] != unchanged[1])
  }

  @Test func `clearing returns to the null condition at once`() throws {
    let log = Log()
    var chain = try makeChain(.scale(0.1), settings: settings(.residual), log: log)
    _ = run(&chain, whiteNoise(160 * 45))
    #expect(log.tokens.map(\.frame) == [35])
    chain.frames.clearReference()
    #expect(log.tokens.count == 2 && log.tokens[1].first == nil)
    _ = run(&chain, whiteNoise(160 * 45))
    // Frame 50: 5 heard. Frame 75: 30 heard, in effect at 85.
    #expect(log.tokens.map(\.frame) == [35, 45, 85])
  }

  @Test func `a frozen reference does not change`() throws {
    let log = Log()
    var chain = try makeChain(.scale(0.1), settings: settings(.residual), log: log)
    _ = run(&chain, whiteNoise(160 * 30))
    chain.frames.reference.isFrozen = true
    _ = run(&chain, whiteNoise(160 * 60, seed: 9))
    #expect(log.encodings.map(\.frameCount) == [25, 30, 30])
    #expect(chain.frames.reference.count == 30)
  }

  @Test func `a profile set before the start is in effect from the first frame on`() throws {
    let profile = try NoiseProfile(magnitudes: fixtureFloats("profile"))
    let log = Log()
    var chain = try makeChain(.memory, log: log)
    profile.magnitudes.withUnsafeBufferPointer { chain.frames.setReference($0) }
    #expect(log.tokens.map(\.frame) == [0])
    _ = run(&chain, whiteNoise(160 * 12))
    #expect(log.tokens.map(\.frame) == [0, 10])
    profile.magnitudes.withUnsafeBufferPointer { chain.frames.setReference($0) }
    _ = run(&chain, whiteNoise(160 * 30))
    #expect(log.tokens.map(\.frame) == [0, 10, 35])
  }

  // MARK: - Selection

  @Test func `speech presence takes steady noise and leaves speech`() throws {
    var chain = try makeChain(.scale(1), settings: settings(.spp))
    _ = run(&chain, whiteNoise(32000))
    #expect(chain.statistics.referenceFrames > 150)
    let before = chain.statistics.referenceFrames
    // One second of a loud tone complex, then noise again.
    var mixture = whiteNoise(16000, seed: 3)
    for n in 0..<16000 {
      for k in 1...20 { mixture[n] += 0.05 * Float(sin(2 * Double.pi * 180 * Double(k * n) / 16000)) }
    }
    _ = run(&chain, mixture)
    // The frames that ended before the tones came out of the hop they are in.
    #expect(chain.statistics.referenceFrames - before <= 1)
    _ = run(&chain, whiteNoise(16000, seed: 4))
    #expect(chain.statistics.referenceFrames - before > 60)
    #expect(chain.statistics.noiseFrames == chain.statistics.referenceFrames)
  }

  @Test func `the residual hears a sudden new noise at once, speech presence does not`() throws {
    let quiet = whiteNoise(16000, amplitude: 0.003)
    let loud = whiteNoise(4800, amplitude: 0.1, seed: 2)
    var residual = try makeChain(.scale(0.2), settings: settings(.residual))
    var presence = try makeChain(.scale(0.2), settings: settings(.spp))
    _ = run(&residual, quiet)
    _ = run(&presence, quiet)
    let heard = (residual.statistics.referenceFrames, presence.statistics.referenceFrames)
    _ = run(&residual, loud)
    _ = run(&presence, loud)
    #expect(residual.statistics.referenceFrames - heard.0 == 30)
    #expect(presence.statistics.referenceFrames - heard.1 <= 1)
  }

  @Test func `the residual leaves what the enhancer keeps`() throws {
    var chain = try makeChain(.scale(0.8), settings: settings(.residual))
    _ = run(&chain, whiteNoise(16000))
    #expect(chain.statistics.referenceFrames == 0)
  }

  @Test func `silence is no noise`() throws {
    for selection in NoiseSelection.allCases {
      var chain = try makeChain(.scale(0), settings: settings(selection))
      _ = run(&chain, [Float](repeating: 0, count: 16000))
      #expect(chain.statistics.referenceFrames == 0)
    }
  }

  @Test func `the offset of a muted microphone is no noise`() throws {
    var chain = try makeChain(.scale(1), settings: settings(.spp))
    _ = run(&chain, whiteNoise(32_000))
    let before = chain.statistics.noiseFrames
    let heard = chain.frames.reference.magnitudes()
    _ = run(&chain, [Float](repeating: 0.01, count: 48_000))
    // Until the high-pass has let go of the noise it is heard.
    #expect(chain.statistics.noiseFrames - before < 30)
    let kept = chain.frames.reference.magnitudes()
    func level(_ magnitudes: [Float]) -> Float {
      var sum: Float = 0
      for n in magnitudes.indices where n % 160 >= 10 { sum += magnitudes[n] }
      return sum
    }
    #expect(level(kept) > 0.8 * level(heard))
  }

  /// It was the first channel's: none, where the microphone is on the second.
  @Test func `the profile of several channels is that of the one that has heard most`() throws {
    var enhancer = try MultichannelEnhancer(
      model: tinyModel(), settings: settings(.spp), sampleRate: 16_000, channelCount: 2)
    #expect(enhancer.noiseProfile() == nil)
    var sound: [Float] = whiteNoise(32_000).flatMap { [0, $0] }
    sound.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    let profiles = (0..<2).map { enhancer.withChannel($0) { $0.noiseProfile() } }
    let heard = enhancer.noiseProfile()
    #expect(profiles[0] == nil && heard != nil && heard == profiles[1])
  }

  @Test func `nor does it keep linked channels from hearing theirs`() throws {
    var enhancer = try MultichannelEnhancer(
      model: tinyModel(), settings: settings(.spp), sampleRate: 16_000, channelCount: 2)
    var sound: [Float] = whiteNoise(32_000).flatMap { [$0, 0.01] }
    sound.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    // Of 200 frames, and next to none of the other channel.
    let frames = enhancer.statistics.referenceFrames
    #expect((150..<230).contains(frames), "\(frames)")
  }

  // MARK: - Profiles

  @Test func `a profile comes back as it was saved`() throws {
    var enhancer = try StreamingEnhancer(
      model: try tinyModel(), settings: settings(.spp), sampleRate: 16000)
    let none = enhancer.noiseProfile()
    #expect(none == nil)
    _ = run(&enhancer, whiteNoise(60000))
    let heard = enhancer.noiseProfile()
    let profile = try #require(heard)
    #expect(profile.frameCount == 200)
    let path = NSTemporaryDirectory() + "limpid-profile-\(UInt64.random(in: 0..<UInt64.max)).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try profile.save(to: path)
    let back = try NoiseProfile.load(from: path)
    #expect(back == profile)
    // In another enhancer it is what it was, oldest first.
    var other = try StreamingEnhancer(model: try tinyModel(), settings: settings(.spp), sampleRate: 48000)
    try other.setNoiseProfile(back)
    let taken = other.noiseProfile()
    #expect(taken == profile)
    let statistics = other.statistics
    #expect(statistics.referenceRefreshes == 1)
  }

  @Test(arguments: [200, 100, 25]) func `the ring keeps the newest frames, oldest first`(length: Int) {
    var reference = NoiseReference(format: .standard, length: length)
    for frame in 0..<450 {
      let row = [Float](repeating: Float(frame), count: 160)
      row.withUnsafeBufferPointer { reference.append(magnitudes: $0.baseAddress!) }
      let rows = reference.magnitudes()
      #expect(reference.count == min(frame + 1, length))
      #expect(rows.first == Float(max(0, frame - length + 1)) && rows.last == Float(frame))
    }
    let output = UnsafeMutablePointer<Float>.allocate(capacity: length * 160)
    defer { output.deallocate() }
    #expect(reference.copyMagnitudes(into: output) == length)
    #expect((0..<length).allSatisfy { output[$0 * 160 + 7] == Float(450 - length + $0) })
  }

  @Test func `the reference of an enhancer is as long as its settings say`() throws {
    var settings = settings(.spp)
    settings.referenceLength = 0.5
    var enhancer = try StreamingEnhancer(model: try tinyModel(), settings: settings, sampleRate: 16_000)
    try enhancer.setNoiseProfile(NoiseProfile(magnitudes: (0..<200 * 160).map { Float($0 / 160) }))
    let profile = enhancer.noiseProfile()
    let kept = try #require(profile)
    #expect(kept.frameCount == 50 && kept.magnitudes.first == 150)
  }

  @Test func `magnitudes that are none are refused`() {
    #expect(throws: NoiseProfileError.wrongSize(values: 0, bins: 160)) { try NoiseProfile(magnitudes: []) }
    #expect(throws: NoiseProfileError.wrongSize(values: 161, bins: 160)) {
      try NoiseProfile(magnitudes: [Float](repeating: 1, count: 161))
    }
    for value in [Float.infinity, -1, 1e20] {
      var magnitudes = [Float](repeating: 1, count: 320)
      magnitudes[165] = value
      #expect(throws: NoiseProfileError.notAMagnitude(frame: 1, bin: 5, value: value)) {
        try NoiseProfile(magnitudes: magnitudes)
      }
    }
  }

  @Test func `a damaged profile is an error, never a trap`() throws {
    let path = NSTemporaryDirectory() + "limpid-hostile-\(UInt64.random(in: 0..<UInt64.max)).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    func refusal(_ bytes: [UInt8]) throws -> String? {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do throws(NoiseProfileError) {
        _ = try NoiseProfile(path: path)
        return nil
      } catch { return error.description }
    }
    try NoiseProfile(magnitudes: [Float](repeating: 1, count: 320)).save(to: path)
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try refusal(good) == nil)
    for count in stride(from: 0, to: good.count, by: 7) {
      #expect(try refusal(Array(good.prefix(count))) != nil)
    }
    var random = Random(7)
    for _ in 0..<300 {
      var bytes = good
      for _ in 0...random.below(6) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if let sentence = try refusal(bytes) {
        #expect(sentence.hasPrefix(path) && sentence.hasSuffix("save a new one"), "\(sentence)")
      }
    }
    #expect(try refusal([UInt8](repeating: 0, count: 3 << 20)) != nil)
    // Another file of the same format, and frames of another width.
    #expect(throws: NoiseProfileError.self) { try NoiseProfile(path: fixture("tiny.safetensors").path) }
    #expect(throws: NoiseProfileError.missing(path: path + "x")) { try NoiseProfile(path: path + "x") }
    #expect(throws: NoiseProfileError.self) { try NoiseProfile(path: NSTemporaryDirectory()) }
    let profile = try NoiseProfile(magnitudes: [Float](repeating: 1, count: 160))
    #expect(throws: NoiseProfileError.self) { try profile.save(to: "/nowhere/at/all.safetensors") }
  }
}
