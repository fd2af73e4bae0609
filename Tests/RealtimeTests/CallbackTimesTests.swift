import Testing

@testable import Realtime

@Suite struct CallbackTimesTests {
  @Test func `what a share did not exceed and the longest are told`() {
    let times = CallbackTimes()
    #expect(times.percentile(0.999) == 0 && times.longest == 0 && times.longestWork == 0)
    for n in 1...10_000 { times.add(nanoseconds: UInt64(n) * 1000, work: UInt64(n % 100) * 10) }
    times.add(nanoseconds: 50_000_000, work: 7)
    for share in [0.01, 0.5, 0.9, 0.999] {
      #expect(abs(times.percentile(share) / (share * 0.01) - 1) < 0.017, "\(share)")
    }
    #expect(times.percentile(1) <= times.longest && times.longest == 0.05 && times.longestWork == 0.99e-6)
  }
}
