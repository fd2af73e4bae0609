#if canImport(HeapCounter)
  import Enhancement
  import Glibc
  import Ground
  import HeapCounter
  import Synchronization
  import LiveTestSupport
  import Testing

  @testable import Realtime

  @Suite struct RealTimeTests {
    @Test func `the counters see an array grow and a lock`() {
      var array: [Int] = []
      let before = heap_call_count()
      for n in 0..<100 { array.append(n) }
      let after = heap_call_count()
      #expect(after > before)
      let locksBefore = lock_call_count()
      var mutex = pthread_mutex_t()
      pthread_mutex_init(&mutex, nil)
      pthread_mutex_lock(&mutex)
      pthread_mutex_unlock(&mutex)
      let locksAfter = lock_call_count()
      #expect(locksAfter > locksBefore)
    }

    /// Callback and worker on this thread, the encoder's work counted apart: stalls, commands and new tokens included.
    @Test(arguments: [(48000, 128, 1), (48000, 512, 2), (44100, 64, 1), (96000, 1024, 1)])
    func `a thousand callbacks and frames make no heap call and take no lock`(rate: Int, block: Int, channels: Int)
      throws
    {
      var settings = EnhancementSettings()
      settings.noiseSelection = .residual
      var options = calm
      options.lendsSound = true
      let rig = try Rig(
        StreamFormat(sampleRate: rate, block: block, channelCount: channels), settings: settings, options: options)
      // An onlooker who is away so long that its rings are full at times.
      let tap = try #require(rig.session.soundTap)
      tap.open()
      let seen = PlanarBlock(channelCount: 2, capacity: rate)
      var sawSamples = 0
      let commands: [EngineCommand] = [
        .steps(2), .bypass(true), .attenuationLimit(12), .bypass(false), .guidance(1.5), .learn(seconds: 0.5), .clear,
        .guidance(1), .steps(1), .freeze(false), .attenuationLimit(nil), .mix(0.5), .mix(1),
      ]
      var heapCalls: UInt = 0
      var locks: UInt = 0
      let rounds = max(1000, rate * 11 / block)
      for round in 0..<rounds + 100 {
        if round % 53 == 7 { rig.send(commands[round / 53 % commands.count]) }
        let heapBefore = heap_call_count()
        let locksBefore = lock_call_count()
        rig.bareCallback()
        if round % 97 > 9 { rig.session.worker.run() }
        let heapAfter = heap_call_count()
        let locksAfter = lock_call_count()
        if round >= 100 {
          heapCalls += heapAfter - heapBefore
          locks += locksAfter - locksBefore
        }
        rig.session.service.runPending()
        if round * block % (2 * rate) < block { sawSamples += tap.read(rate, input: seen[0], output: seen[1]) }
      }
      #expect(heapCalls == 0)
      #expect(locks == 0)
      #expect(rig.meters.frames.load(ordering: .relaxed) >= 1000)
      #expect(rig.shared.pointee.drySpans.load(ordering: .relaxed) > 1)
      #expect(sawSamples > rate && sawSamples < rounds * block, "it saw some, and what did not fit was left out")
    }
  }
#endif
