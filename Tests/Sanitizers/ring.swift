// The ring between two threads under ThreadSanitizer: numbered samples, unequal blocks. Compiled by tools/sanitize together
// with Sources/Realtime/Ring.
import Glibc

final class Shared: Sendable {
  let ring = SampleRing(channelCount: 2, capacity: 2048, zeros: 100)
  let values = ValueRing<Int>(capacity: 64, filler: 0)
}

let shared = Shared()
let total = 2_000_000
let sizes = (written: 480, read: 511)

var writer = pthread_t()
pthread_create(
  &writer, nil,
  { context in
    let shared = Unmanaged<Shared>.fromOpaque(context!).takeUnretainedValue()
    let lanes = UnsafeMutablePointer<UnsafePointer<Float>>.allocate(capacity: 2)
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 2 * 480)
    lanes[0] = UnsafePointer(memory)
    lanes[1] = UnsafePointer(memory + 480)
    var sent = 0
    while sent < 2_000_000 {
      let count = min(480, 2_000_000 - sent)
      for n in 0..<count {
        memory[n] = Float((sent + n) & 0xFFFFF)
        memory[480 + n] = -memory[n]
      }
      while !shared.ring.write(lanes, count: count) { sched_yield() }
      while !shared.values.write(sent) { sched_yield() }
      sent += count
    }
    return nil
  }, Unmanaged.passUnretained(shared).toOpaque())

let lanes = UnsafeMutablePointer<UnsafeMutablePointer<Float>>.allocate(capacity: 2)
for lane in 0..<2 { lanes[lane] = .allocate(capacity: sizes.read) }
var received = 0
var wrong = 0
var expected = 0
shared.ring.advance(100)
while received < total {
  let count = min(sizes.read, total - received)
  while let value = shared.values.read() {
    if value != expected { wrong += 1 }
    expected += 480
  }
  guard shared.ring.read(into: lanes, count: count) else {
    sched_yield()
    continue
  }
  for n in 0..<count {
    let number = Float((received + n) & 0xFFFFF)
    if lanes[0][n] != number || lanes[1][n] != -number { wrong += 1 }
  }
  received += count
}
pthread_join(writer, nil)
print("\(received) samples, \(wrong) wrong")
exit(wrong == 0 ? 0 : 1)
