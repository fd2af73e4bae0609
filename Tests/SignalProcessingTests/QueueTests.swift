import SignalProcessing
import Testing
import TestSupport

@Suite struct SampleFIFOTests {
  @Test func `samples come out in order at every wrap position`() {
    let capacity = 13
    for offset in 0..<capacity {
      for length in 0...capacity {
        var fifo = SampleFIFO(capacity: capacity)
        fifo.writeZeros(offset)
        fifo.discard(offset)
        let input = (0..<length).map { Float($0 + 1) }
        fifo.write(input, count: length)
        #expect(fifo.count == length && fifo.space == capacity - length)
        var output = [Float](repeating: .nan, count: length)
        let first = length / 3
        output.withUnsafeMutableBufferPointer {
          guard let target = $0.baseAddress else { return }
          fifo.read(into: target, count: first)
          fifo.read(into: target + first, count: length - first)
        }
        #expect(output == input)
        #expect(fifo.count == 0)
      }
    }
  }

  @Test func `unequal blocks carry a numbered stream`() {
    var noise = SplitMix(14)
    var fifo = SampleFIFO(capacity: 1000)
    var written = 0
    var read = 0
    var wrong = 0
    while read < 50_000 {
      let incoming = min(noise.index(below: 400), fifo.space)
      fifo.write((0..<incoming).map { Float(written + $0) }, count: incoming)
      written += incoming
      var block = [Float](repeating: .nan, count: min(noise.index(below: 400), fifo.count))
      let outgoing = block.count
      fifo.read(into: &block, count: outgoing)
      for (n, value) in block.enumerated() where value != Float(read + n) { wrong += 1 }
      read += outgoing
      #expect(fifo.count == written - read)
    }
    #expect(wrong == 0)
  }

  @Test func `zeros, discard and reset`() {
    var fifo = SampleFIFO(capacity: 5)
    fifo.write([1, 2, 3], count: 3)
    fifo.writeZeros(2)
    #expect(fifo.space == 0)
    fifo.discard(2)
    var output: [Float] = [.nan, .nan, .nan]
    fifo.read(into: &output, count: 3)
    #expect(output == [3, 0, 0])
    fifo.write([7, 8], count: 2)
    fifo.reset()
    #expect(fifo.count == 0 && fifo.space == 5)
  }

  @Test func `zeros replace old samples at every wrap position`() {
    for offset in 0...7 {
      for length in 0...7 {
        var fifo = SampleFIFO(capacity: 7)
        fifo.write([9, 9, 9, 9, 9, 9, 9], count: 7)
        fifo.discard(7)
        fifo.write([9, 9, 9, 9, 9, 9, 9], count: offset)
        fifo.discard(offset)
        fifo.writeZeros(length)
        var output = [Float](repeating: .nan, count: 7)
        fifo.read(into: &output, count: length)
        #expect(output.prefix(length).allSatisfy { $0 == 0 }, "\(length) zeros at \(offset)")
      }
    }
  }

  @Test func `too much at once is the caller's mistake`() async {
    await #expect(processExitsWith: .failure) {
      var fifo = SampleFIFO(capacity: 4)
      fifo.write([1, 2, 3, 4, 5], count: 5)
    }
    await #expect(processExitsWith: .failure) {
      var fifo = SampleFIFO(capacity: 4)
      var one: Float = 0
      fifo.read(into: &one, count: 1)
    }
  }
}
