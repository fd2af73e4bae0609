import CALSA
import Ground

/// An open ALSA device, one direction. Made by `AlsaPCM.open` (AlsaPCM+Setup.swift).
struct AlsaPCM: PCMStream, ~Copyable {
  /// How samples pass; in the order in which it is tried.
  enum Access: Int, CaseIterable {
    case interleaved, planar, mappedInterleaved, mappedPlanar
  }

  let handle: OpaquePointer
  let format: AlsaSampleFormat
  let access: Access
  let channelCount: Int
  let period: Int
  let bufferSize: Int
  let sampleRate: Int
  /// The sound card's number; nil: a plugin's or a sound server's.
  let card: Int?
  let planes: FixedArray<UnsafeMutableRawPointer?>  // (channelCount), for planar access

  /// What one wait takes at most, milliseconds; a stop is noticed after it.
  private static var patience: Int32 { 200 }

  deinit { snd_pcm_close(handle) }

  var isInterleaved: Bool { access == .interleaved || access == .mappedInterleaved }

  mutating func waitForInput(_ count: Int) -> Int {
    let end = monotonicNanoseconds() + UInt64(Self.patience) * 1_000_000
    while true {
      let there = available()
      if there < 0 || there >= count { return there }
      if monotonicNanoseconds() >= end { return -Int(EAGAIN) }
      let ready = snd_pcm_wait(handle, Self.patience)
      if ready < 0 { return Int(ready) }
      if ready > 0, available() < count {
        // Some plugins wake for less than a period: by the clock then, or it would spin.
        sleep(nanoseconds: UInt64(1e9 * Double(count) / Double(4 * sampleRate)))
      }
    }
  }

  mutating func available() -> Int {
    let there = snd_pcm_avail(handle)
    return there == -Int(ENOSYS) ? snd_pcm_avail_update(handle) : there
  }

  mutating func read(_ memory: UnsafeMutableRawPointer, count: Int) -> Int {
    var done = 0
    var waited = 0  // nanoseconds
    while done < count {
      let got = transferIn(memory, from: done, count: count - done, of: count)
      if got == 0 { return done }
      if got == -Int(EAGAIN) {
        // Less than was said to be there: the rest comes, and nobody wakes for less than a period. A file that has ended
        // gives 0.
        if waited >= Int(Self.patience) * 1_000_000 { return -Int(EAGAIN) }
        let nap = 1_000_000_000 / (4 * sampleRate) * (count - done) + 100_000
        sleep(nanoseconds: UInt64(nap))
        waited += nap
        continue
      }
      if got < 0 { return got }
      done += got
    }
    return done
  }

  mutating func write(_ memory: UnsafeRawPointer, count: Int) -> Int {
    let patience = UInt64(Self.patience) * 1_000_000
    var done = 0
    var wasReady = false
    var end = monotonicNanoseconds() + patience
    while done < count {
      let put = transferOut(UnsafeMutableRawPointer(mutating: memory), from: done, count: count - done, of: count)
      if put == -Int(EAGAIN) || put == 0 {
        if monotonicNanoseconds() >= end { return -Int(EAGAIN) }
        // Some plugins wake where there is no room: by the clock then, or it would spin.
        if wasReady { sleep(nanoseconds: UInt64(1e9 * Double(count - done) / Double(4 * sampleRate))) }
        let ready = snd_pcm_wait(handle, Self.patience)
        if ready < 0 { return Int(ready) }
        if ready == 0 { return -Int(EAGAIN) }
        wasReady = true
        continue
      }
      if put < 0 { return put }
      done += put
      wasReady = false
      end = monotonicNanoseconds() + patience
    }
    return done
  }

  mutating func delay() -> Int {
    var count: snd_pcm_sframes_t = 0
    let code = snd_pcm_delay(handle, &count)
    return code < 0 ? Int(code) : max(0, count)
  }

  mutating func prepare() -> Int { Int(snd_pcm_prepare(handle)) }
  mutating func start() -> Int { snd_pcm_state(handle) == SND_PCM_STATE_RUNNING ? 0 : Int(snd_pcm_start(handle)) }
  mutating func resume() -> Int { Int(snd_pcm_resume(handle)) }
  mutating func drop() { snd_pcm_drop(handle) }
  func now() -> UInt64 { monotonicNanoseconds() }
  func pause(nanoseconds: UInt64) { sleep(nanoseconds: nanoseconds) }

  // MARK: - The four kinds of access

  /// - Parameter whole: samples per channel in `memory`: where the next channel begins.
  private func transferIn(_ memory: UnsafeMutableRawPointer, from first: Int, count: Int, of whole: Int) -> Int {
    let frames = snd_pcm_uframes_t(count)
    switch access {
    case .interleaved: return snd_pcm_readi(handle, memory + first * channelCount * format.byteCount, frames)
    case .mappedInterleaved: return snd_pcm_mmap_readi(handle, memory + first * channelCount * format.byteCount, frames)
    case .planar:
      pointPlanes(memory, first, whole)
      return snd_pcm_readn(handle, planes.base, frames)
    case .mappedPlanar:
      pointPlanes(memory, first, whole)
      return snd_pcm_mmap_readn(handle, planes.base, frames)
    }
  }

  private func transferOut(_ memory: UnsafeMutableRawPointer, from first: Int, count: Int, of whole: Int) -> Int {
    let frames = snd_pcm_uframes_t(count)
    switch access {
    case .interleaved: return snd_pcm_writei(handle, memory + first * channelCount * format.byteCount, frames)
    case .mappedInterleaved:
      return snd_pcm_mmap_writei(handle, memory + first * channelCount * format.byteCount, frames)
    case .planar:
      pointPlanes(memory, first, whole)
      return snd_pcm_writen(handle, planes.base, frames)
    case .mappedPlanar:
      pointPlanes(memory, first, whole)
      return snd_pcm_mmap_writen(handle, planes.base, frames)
    }
  }

  private func pointPlanes(_ memory: UnsafeMutableRawPointer, _ first: Int, _ whole: Int) {
    for channel in 0..<channelCount { planes[channel] = memory + (channel * whole + first) * format.byteCount }
  }
}
