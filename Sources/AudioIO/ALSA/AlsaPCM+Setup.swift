import CALSA
import Glibc

extension AlsaPCM {
  /// Opens a device and agrees with it on format, rate, channels and buffers.
  ///
  /// - Parameters:
  ///   - isInput: the direction.
  ///   - rate: Hz; nil: 48000 or the nearest.
  ///   - period: samples per channel wished.
  ///   - periods: that the buffer holds.
  /// - Throws: `AlsaError`.
  static func open(
    _ name: String, isInput: Bool, rate: Int?, channelCount: Int, period: Int, periods: Int
  ) throws(AlsaError) -> AlsaPCM {
    silenceAlsa()
    var opened: OpaquePointer?
    let stream = isInput ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
    let code = snd_pcm_open(&opened, name, stream, Int32(SND_PCM_NONBLOCK))
    guard code >= 0, let handle = opened else { throw error(code, name, "opening it") }
    do throws(AlsaError) {
      return try negotiate(
        handle, name, rate: rate, channelCount: channelCount, period: period, periods: periods, isInput: isInput)
    } catch {
      snd_pcm_close(handle)
      throw error
    }
  }

  private static func negotiate(
    _ handle: OpaquePointer, _ name: String, rate: Int?, channelCount: Int, period: Int, periods: Int, isInput: Bool
  ) throws(AlsaError) -> AlsaPCM {
    func check(_ code: Int32, _ doing: String) throws(AlsaError) {
      if code < 0 { throw error(code, name, doing) }
    }
    var made: OpaquePointer?
    snd_pcm_hw_params_malloc(&made)
    guard let hardware = made else { throw .failed(name: name, doing: "setting it up", reason: "out of memory") }
    defer { snd_pcm_hw_params_free(hardware) }
    try check(snd_pcm_hw_params_any(handle, hardware), "asking what it can do")
    try check(
      snd_pcm_hw_params_set_access(handle, hardware, SND_PCM_ACCESS_RW_INTERLEAVED), "choosing interleaved samples")
    guard
      let format = AlsaSampleFormat.allCases.first(where: {
        snd_pcm_hw_params_set_format(handle, hardware, $0.alsa) >= 0
      })
    else { throw .noFormat(name: name) }
    var channels = UInt32(channelCount)
    try check(snd_pcm_hw_params_set_channels_near(handle, hardware, &channels), "choosing \(channelCount) channels")
    var found = UInt32(rate ?? 48000)
    try check(snd_pcm_hw_params_set_rate_near(handle, hardware, &found, nil), "choosing the rate")
    if let rate, Int(found) != rate { throw .rateRefused(name: name, rate: rate) }
    guard (8000...192_000).contains(found) else { throw .rateRefused(name: name, rate: Int(found)) }
    var size = snd_pcm_uframes_t(period)
    try check(snd_pcm_hw_params_set_period_size_near(handle, hardware, &size, nil), "choosing the period")
    // An input's buffer costs no latency: it may hold more, and then survives a late reader.
    var buffer = size * snd_pcm_uframes_t(isInput ? max(periods, 8) : periods)
    try check(snd_pcm_hw_params_set_buffer_size_near(handle, hardware, &buffer), "choosing the buffer")
    try check(snd_pcm_hw_params(handle, hardware), "setting it up")
    snd_pcm_hw_params_get_period_size(hardware, &size, nil)
    snd_pcm_hw_params_get_buffer_size(hardware, &buffer)

    var software: OpaquePointer?
    snd_pcm_sw_params_malloc(&software)
    guard let software else { throw .failed(name: name, doing: "setting it up", reason: "out of memory") }
    defer { snd_pcm_sw_params_free(software) }
    try check(snd_pcm_sw_params_current(handle, software), "setting it up")
    // Started by hand: input and output together, when the output is primed.
    var boundary: snd_pcm_uframes_t = 0
    snd_pcm_sw_params_get_boundary(software, &boundary)
    try check(snd_pcm_sw_params_set_start_threshold(handle, software, boundary), "setting it up")
    try check(snd_pcm_sw_params_set_avail_min(handle, software, isInput ? size : 1), "setting it up")
    try check(snd_pcm_sw_params(handle, software), "setting it up")
    return AlsaPCM(
      handle: handle, format: format, channelCount: Int(channels), period: Int(size), bufferSize: Int(buffer),
      sampleRate: Int(found))
  }

  private static func error(_ code: Int32, _ name: String, _ doing: String) -> AlsaError {
    switch -code {
    case ENOENT, ENODEV, ENXIO: .noSuchDevice(name: name)
    case EBUSY: .busy(name: name)
    case EACCES, EPERM: .notAllowed(name: name)
    default: .failed(name: name, doing: doing, reason: String(cString: snd_strerror(code)))
    }
  }
}

/// alsa-lib writes to standard error what it finds remarkable; its errors reach the user as `AlsaError`.
func silenceAlsa() { limpid_alsa_silence() }
