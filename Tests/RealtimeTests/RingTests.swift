import Foundation
import Realtime
import Testing

private final class Shared: Sendable {
  let ring = SampleRing(channelCount: 2, capacity: 4096)
}

@Suite struct RingTests {
  /// Run it under ThreadSanitizer too: `swift test --sanitize=thread --filter RingTests`.
  @Test(arguments: [(480, 511), (16, 1024), (1, 7), (512, 512)])
  func `numbered samples arrive in order between threads`(_ sizes: (Int, Int)) throws {
    let shared = Shared()
    let total = 300_000
    let writer = Thread {
      let memory = (0..<2).map { _ in UnsafeMutablePointer<Float>.allocate(capacity: sizes.0) }
      defer { memory.forEach { $0.deallocate() } }
      var sent = 0
      while sent < total {
        let count = min(sizes.0, total - sent)
        for n in 0..<count {
          memory[0][n] = Float(sent + n)
          memory[1][n] = -Float(sent + n)
        }
        let pointers = memory.map { UnsafePointer($0) }
        while !shared.ring.write(pointers, count: count) { sched_yield() }
        sent += count
      }
    }
    writer.start()
    let memory = (0..<2).map { _ in UnsafeMutablePointer<Float>.allocate(capacity: sizes.1) }
    defer { memory.forEach { $0.deallocate() } }
    var received = 0
    var wrong = 0
    while received < total {
      let count = min(sizes.1, total - received)
      guard shared.ring.read(into: memory, count: count) else {
        sched_yield()
        continue
      }
      for n in 0..<count where memory[0][n] != Float(received + n) || memory[1][n] != -Float(received + n) {
        wrong += 1
      }
      received += count
    }
    #expect(wrong == 0)
    #expect(shared.ring.available == 0)
  }

  @Test func `a full ring takes nothing`() {
    let ring = SampleRing(channelCount: 1, capacity: 16)
    let samples = [Float](repeating: 1, count: 17)
    samples.withUnsafeBufferPointer { memory in
      var pointers = [memory.baseAddress!]
      #expect(ring.write(&pointers, count: 16))
      #expect(!ring.write(&pointers, count: 1))
      ring.advance(1)
      #expect(!ring.write(&pointers, count: 2))
      #expect(ring.write(&pointers, count: 1))
    }
  }

  @Test func `what is written too late is not read and nothing shifts`() {
    let ring = SampleRing(channelCount: 1, capacity: 64, zeros: 4)
    let samples = (0..<8).map { Float($0) }
    ring.advance(10)  // the reader has asked for 10 of 4
    #expect(ring.available == -6)
    samples.withUnsafeBufferPointer { memory in
      var pointers = [memory.baseAddress!]
      #expect(ring.write(&pointers, count: 8))  // positions 4…11
    }
    let there = ring.readable(8)
    #expect(there == (10, 12))
    var output = [Float](repeating: .nan, count: 2)
    ring.copy(channel: 0, from: 10, count: 2, into: &output)
    #expect(output == [6, 7])
  }

  @Test func `skipped positions are never there`() {
    let ring = SampleRing(channelCount: 1, capacity: 64, zeros: 2)
    ring.skip(5)
    let samples: [Float] = [7, 8, 9]
    samples.withUnsafeBufferPointer { memory in
      var pointers = [memory.baseAddress!]
      #expect(ring.write(&pointers, count: 3))
    }
    ring.advance(4)
    #expect(ring.readable(10) == (7, 10))
    #expect(ring.readable(2) == (6, 6))
  }
}
