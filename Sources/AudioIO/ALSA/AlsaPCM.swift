import CALSA
import CThreads
import Glibc

/// An open ALSA device, one direction. Made by `AlsaPCM.open` (AlsaPCM+Setup.swift).
struct AlsaPCM: PCMStream, ~Copyable {
  let handle: OpaquePointer
  let format: AlsaSampleFormat
  let channelCount: Int
  let period: Int
  let bufferSize: Int
  let sampleRate: Int

  deinit { snd_pcm_close(handle) }

  mutating func read(_ memory: UnsafeMutableRawPointer, count: Int) -> Int {
    var done = 0
    while done < count {
      let got = snd_pcm_readi(
        handle, memory + done * channelCount * format.byteCount, snd_pcm_uframes_t(count - done))
      if got == -Int(EAGAIN) {
        let ready = snd_pcm_wait(handle, 200)
        if ready < 0 { return Int(ready) }
        // A period that has begun is waited for: its samples cannot be put back.
        if ready == 0 && done == 0 { return -Int(EAGAIN) }
        continue
      }
      if got < 0 { return got }
      if got == 0 { return done }
      done += got
    }
    return done
  }

  mutating func write(_ memory: UnsafeRawPointer, count: Int) -> Int {
    var done = 0
    while done < count {
      let put = snd_pcm_writei(
        handle, memory + done * channelCount * format.byteCount, snd_pcm_uframes_t(count - done))
      if put == -Int(EAGAIN) {
        let ready = snd_pcm_wait(handle, 200)
        if ready < 0 { return Int(ready) }
        if ready == 0 { return done > 0 ? done : -Int(EAGAIN) }
        continue
      }
      if put < 0 { return put }
      if put == 0 { break }
      done += put
    }
    return done
  }

  mutating func delay() -> Int {
    var frames: snd_pcm_sframes_t = 0
    let code = snd_pcm_delay(handle, &frames)
    return code < 0 ? Int(code) : max(0, frames)
  }

  mutating func prepare() -> Int { Int(snd_pcm_prepare(handle)) }
  mutating func start() -> Int { snd_pcm_state(handle) == SND_PCM_STATE_RUNNING ? 0 : Int(snd_pcm_start(handle)) }
  mutating func resume() -> Int { Int(snd_pcm_resume(handle)) }
  mutating func drop() { snd_pcm_drop(handle) }
  func now() -> UInt64 { ct_now() }
  func pause(nanoseconds: UInt64) { ct_pause(nanoseconds) }
}
