import Realtime

/// An input and an output, at one rate where they have one in common.
struct AlsaPair: ~Copyable {
  let input: AlsaPCM
  let output: AlsaPCM
  let hasOneClock: Bool
  /// Whether the driver starts both in the same moment.
  let startsTogether: Bool

  /// Opens both: at the input's rate, or else at the output's, or else each at its own. Links them where they are one card's.
  static func open(_ c: AlsaConfiguration) throws(AlsaError) -> AlsaPair {
    var wish = AlsaWish(sampleRate: c.sampleRate, channelCount: c.channelCount, period: c.period, periods: c.periods)
    do throws(AlsaError) { return try open(c, wish) } catch {
      // The output's refusal names the rate that it has.
      guard c.sampleRate == nil, case .rateRefused(let name, _, let nearest) = error, name == c.output else {
        throw error
      }
      wish.sampleRate = nearest
      do throws(AlsaError) { return try open(c, wish) } catch {
        guard case .rateRefused = error else { throw error }
        wish.sampleRate = nil
        return try open(c, wish, isBridged: true)
      }
    }
  }

  /// - Parameter isBridged: whether the output has a rate of its own.
  private static func open(
    _ c: AlsaConfiguration, _ wish: AlsaWish, isBridged: Bool = false
  ) throws(AlsaError) -> AlsaPair {
    var inputWish = wish
    switch c.inputChannels {
    case .automatic: inputWish.takesAllChannels = c.channelCount == 1
    case .numbers(let numbers): inputWish.channelCount = numbers.max() ?? 1
    }
    let input = try AlsaPCM.open(c.input, isInput: true, inputWish)
    if case .numbers(let numbers) = c.inputChannels, let missing = numbers.first(where: { $0 > input.channelCount }) {
      throw .noChannel(name: c.input, channel: missing, channelCount: input.channelCount)
    }
    var wish = wish
    wish.sampleRate = isBridged ? nil : input.sampleRate
    // Of as long a time.
    wish.period = isBridged ? max(1, input.period * 48_000 / input.sampleRate) : input.period
    // Two clocks need a little more room than they fill; one clock does not mind.
    wish.periods += 1
    let output = try AlsaPCM.open(c.output, isInput: false, wish)
    let hasOneClock = SharedClock.isShared((c.input, input.card), (c.output, output.card))
    let startsTogether = hasOneClock && input.sampleRate == output.sampleRate && AlsaPCM.link(input, output)
    return AlsaPair(input: input, output: output, hasOneClock: hasOneClock, startsTogether: startsTogether)
  }

  /// "default, S16, 2 channels -> hw:1, S24_3LE, 2 channels"
  func description(_ c: AlsaConfiguration) -> String {
    let tellsRates = input.sampleRate != output.sampleRate
    func words(_ name: String, _ format: AlsaSampleFormat, _ channels: Int, _ rate: Int) -> String {
      "\(name), \(format.name), \(channels) channel\(channels == 1 ? "" : "s")" + (tellsRates ? ", \(rate) Hz" : "")
    }
    return words(c.input, input.format, input.channelCount, input.sampleRate) + " -> "
      + words(c.output, output.format, output.channelCount, output.sampleRate)
  }
}
