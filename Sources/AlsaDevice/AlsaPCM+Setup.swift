import CALSA
import Ground

/// What is wished of a device; it gives what comes nearest.
struct AlsaWish {
  /// Hz; nil: 48000 or the nearest.
  var sampleRate: Int?
  var channelCount = 1
  /// Whether all channels of a sound card's input are wished, to choose among them.
  var takesAllChannels = false
  /// Samples per channel.
  var period = 256
  /// That the buffer holds.
  var periods = 3
}

extension AlsaPCM {
  /// Opens a device and agrees with it on access, format, rate, channels and buffers.
  ///
  /// - Parameter accesses: in the order in which they are tried.
  /// - Throws: `AlsaError`.
  static func open(
    _ name: String, isInput: Bool, _ wish: AlsaWish, accesses: [Access] = Access.allCases
  ) throws(AlsaError) -> AlsaPCM {
    guard limpid_alsa_load() else { throw .noLibrary }
    silenceAlsa()
    var opened: OpaquePointer?
    let stream = isInput ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
    let code = snd_pcm_open(&opened, name, stream, Int32(SND_PCM_NONBLOCK))
    // A number beyond those that cards can have (hw:77) is an invalid argument to ALSA: to its user, a device that is not there.
    if [ENOENT, ENODEV, ENXIO, EINVAL].contains(-code) { throw AlsaDevices.whyNone(name, code) }
    guard code >= 0, let handle = opened else { throw error(code, name, "opening it") }
    do throws(AlsaError) {
      return try negotiate(handle, name, wish, isInput: isInput, accesses: accesses)
    } catch {
      snd_pcm_close(handle)
      throw error
    }
  }

  private static func negotiate(
    _ handle: OpaquePointer, _ name: String, _ wish: AlsaWish, isInput: Bool, accesses: [Access]
  ) throws(AlsaError) -> AlsaPCM {
    func check(_ code: Int32, _ doing: String) throws(AlsaError) {
      if code < 0 { throw error(code, name, doing) }
    }
    var made: OpaquePointer?
    snd_pcm_hw_params_malloc(&made)
    guard let hardware = made else { throw .failed(name: name, doing: "setting it up", reason: "out of memory") }
    defer { snd_pcm_hw_params_free(hardware) }
    try check(snd_pcm_hw_params_any(handle, hardware), "asking what it can do")
    guard let access = accesses.first(where: { snd_pcm_hw_params_set_access(handle, hardware, $0.alsa) >= 0 }) else {
      throw .failed(name: name, doing: "choosing how samples pass", reason: "it offers none of ALSA's usual ways")
    }
    guard
      let format = AlsaSampleFormat.allCases.first(where: {
        snd_pcm_hw_params_set_format(handle, hardware, $0.alsa) >= 0
      })
    else { throw .noFormat(name: name) }
    var channels = UInt32(wish.channelCount)
    // A plugin has as many as one likes, and makes them up.
    if wish.takesAllChannels, card(handle) != nil {
      var most: UInt32 = 0
      if snd_pcm_hw_params_get_channels_max(hardware, &most) >= 0 { channels = max(channels, most <= 8 ? most : 2) }
    }
    try check(
      snd_pcm_hw_params_set_channels_near(handle, hardware, &channels), "choosing \(wish.channelCount) channels")
    var rate = UInt32(wish.sampleRate ?? 48000)
    try check(snd_pcm_hw_params_set_rate_near(handle, hardware, &rate, nil), "choosing the rate")
    if let wished = wish.sampleRate, Int(rate) != wished {
      throw .rateRefused(name: name, rate: wished, nearest: Int(rate))
    }
    guard (8000...192_000).contains(rate) else {
      throw .rateRefused(name: name, rate: wish.sampleRate ?? 48000, nearest: Int(rate))
    }
    var size = snd_pcm_uframes_t(wish.period)
    try check(snd_pcm_hw_params_set_period_size_near(handle, hardware, &size, nil), "choosing the period")
    // An input's buffer costs no latency: it may hold more, and then survives a late reader.
    var buffer =
      max(size, snd_pcm_uframes_t(wish.period)) * snd_pcm_uframes_t(isInput ? max(wish.periods, 8) : wish.periods)
    try check(snd_pcm_hw_params_set_buffer_size_near(handle, hardware, &buffer), "choosing the buffer")
    try check(snd_pcm_hw_params(handle, hardware), "setting it up")
    snd_pcm_hw_params_get_period_size(hardware, &size, nil)
    snd_pcm_hw_params_get_buffer_size(hardware, &buffer)
    try setSoftware(handle, name, wake: size)
    return AlsaPCM(
      handle: handle, format: format, access: access, channelCount: Int(channels), period: Int(size),
      bufferSize: Int(buffer), sampleRate: Int(rate), card: card(handle),
      planes: FixedArray(repeating: nil, count: Int(channels)))
  }

  private static func setSoftware(
    _ handle: OpaquePointer, _ name: String, wake: snd_pcm_uframes_t
  ) throws(AlsaError) {
    func check(_ code: Int32) throws(AlsaError) {
      if code < 0 { throw error(code, name, "setting it up") }
    }
    var made: OpaquePointer?
    snd_pcm_sw_params_malloc(&made)
    guard let software = made else { throw .failed(name: name, doing: "setting it up", reason: "out of memory") }
    defer { snd_pcm_sw_params_free(software) }
    try check(snd_pcm_sw_params_current(handle, software))
    // Started by hand: input and output together, when the output is primed.
    var boundary: snd_pcm_uframes_t = 0
    snd_pcm_sw_params_get_boundary(software, &boundary)
    try check(snd_pcm_sw_params_set_start_threshold(handle, software, boundary))
    try check(snd_pcm_sw_params_set_avail_min(handle, software, wake))
    try check(snd_pcm_sw_params(handle, software))
  }

  private static func card(_ handle: OpaquePointer) -> Int? {
    var made: OpaquePointer?
    snd_pcm_info_malloc(&made)
    guard let info = made else { return nil }
    defer { snd_pcm_info_free(info) }
    guard snd_pcm_info(handle, info) >= 0 else { return nil }
    let card = snd_pcm_info_get_card(info)
    return card >= 0 ? Int(card) : nil
  }

  /// Lets both directions of one card start and stop in the same moment; false where the driver cannot.
  static func link(_ input: borrowing AlsaPCM, _ output: borrowing AlsaPCM) -> Bool {
    guard snd_pcm_type(input.handle) == SND_PCM_TYPE_HW, snd_pcm_type(output.handle) == SND_PCM_TYPE_HW else {
      return false
    }
    return snd_pcm_link(input.handle, output.handle) >= 0
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

extension AlsaPCM.Access {
  fileprivate var alsa: snd_pcm_access_t {
    switch self {
    case .interleaved: SND_PCM_ACCESS_RW_INTERLEAVED
    case .planar: SND_PCM_ACCESS_RW_NONINTERLEAVED
    case .mappedInterleaved: SND_PCM_ACCESS_MMAP_INTERLEAVED
    case .mappedPlanar: SND_PCM_ACCESS_MMAP_NONINTERLEAVED
    }
  }
}

/// alsa-lib writes to standard error what it finds remarkable; its errors reach the user as `AlsaError`.
func silenceAlsa() { limpid_alsa_silence() }
