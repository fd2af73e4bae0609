import Testing

@testable import AlsaDevice

@Suite struct ChannelMapTests {
  /// Plays 1 on the first input, 2 on the second…, a hundredth of it, and says what comes out of each output.
  private func outputs(_ inputs: Int, _ stream: Int, _ outputs: Int, isInterleaved: Bool = true) -> [Float] {
    let bench = Bench(period: 16)
    bench.input.signal = { _, channel in Float(channel + 1) / 128 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: true, channels: (inputs, stream, outputs), isInterleaved: isInterleaved)
    _ = loop.start()
    for _ in 0..<5 { _ = loop.step() }
    return bench.output.played.suffix(outputs).map { $0 * 128 }
  }

  @Test(arguments: [true, false]) func `one microphone is for all channels`(isInterleaved: Bool) {
    #expect(outputs(1, 2, 2, isInterleaved: isInterleaved) == [1, 1])
    #expect(outputs(1, 4, 4, isInterleaved: isInterleaved) == [1, 1, 1, 1])
  }
  @Test func `further inputs are left out`() {
    #expect(outputs(8, 1, 1) == [1])
    #expect(outputs(8, 2, 2) == [1, 2])
  }
  @Test(arguments: [true, false]) func `one channel is for both ears and further outputs are silent`(
    isInterleaved: Bool
  ) {
    #expect(outputs(1, 1, 2, isInterleaved: isInterleaved) == [1, 1])
    #expect(outputs(1, 1, 4, isInterleaved: isInterleaved) == [1, 1, 0, 0])
    #expect(outputs(2, 2, 4, isInterleaved: isInterleaved) == [1, 2, 0, 0])
  }
  @Test(arguments: [true, false]) func `with fewer outputs each plays the mean of its share`(isInterleaved: Bool) {
    #expect(outputs(2, 2, 1, isInterleaved: isInterleaved) == [1.5])
    #expect(outputs(3, 3, 2, isInterleaved: isInterleaved) == [2, 2])
  }
}
