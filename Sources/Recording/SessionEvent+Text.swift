import Realtime

/// The events of a recording as lines of text, one a line, and back.
///
///     sample 96000 command limit 12.0
///     sample 123456 level 1
///     sample 200000 gap 4800
///     sample 240000 clock-drift 31.5
///     frame 1234 channel 0 steps 1
///     frame 1260 channel 0 tokens-late
///     learned 300000
///     dry 123456 48 0.125
extension SessionEvent {
  var line: String {
    switch self {
    case .command(let position, let command): "sample \(position) command \(command)"
    case .level(let position, let level): "sample \(position) level \(level)"
    case .gap(let position, let count): "sample \(position) gap \(count)"
    case .clockDrift(let position, let ppm): "sample \(position) clock-drift \(ppm)"
    case .frameCut(let frame, let channel, let steps): "frame \(frame) channel \(channel) steps \(steps)"
    case .tokensLate(let frame, let channel): "frame \(frame) channel \(channel) tokens-late"
    case .learned(let position): "learned \(position)"
    // Swift prints a Float with as many digits as it takes to read the same bits back.
    case .dry(let position, let count, let gain): "dry \(position) \(count) \(gain)"
    }
  }

  /// A month at 192 kHz. As many events as a file may hold add up to no overflow.
  private static let largestNumber = 1 << 39

  /// nil for a line that is no event.
  init?(line: some StringProtocol) {
    let words = line.split(separator: " ")
    func int(_ n: Int) -> Int? {
      n < words.count ? Int(words[n]).flatMap { (0...Self.largestNumber).contains($0) ? $0 : nil } : nil
    }
    switch (words.first.map { String($0) }, words.count) {
    case ("sample", 4...):
      guard let position = int(1) else { return nil }
      switch words[2] {
      case "command":
        guard let command = try? EngineCommand(line: words[3...].joined(separator: " ")) else { return nil }
        self = .command(position: position, command)
      // Older recordings say "steps": their models have one network, whose levels are its steps.
      case "level", "steps":
        guard let level = int(3), words.count == 4 else { return nil }
        self = .level(position: position, level)
      case "gap":
        guard let count = int(3), words.count == 4 else { return nil }
        self = .gap(position: position, count: count)
      case "clock-drift":
        guard let ppm = Double(words[3]), ppm.isFinite, words.count == 4 else { return nil }
        self = .clockDrift(position: position, ppm: ppm)
      default: return nil
      }
    case ("frame", 5...6):
      guard let frame = int(1), words[2] == "channel", let channel = int(3) else { return nil }
      if words[4] == "tokens-late", words.count == 5 {
        self = .tokensLate(frame: frame, channel: channel)
      } else if words[4] == "steps", let steps = int(5) {
        self = .frameCut(frame: frame, channel: channel, steps: steps)
      } else {
        return nil
      }
    case ("learned", 2):
      guard let position = int(1) else { return nil }
      self = .learned(position: position)
    case ("dry", 4):
      guard let position = int(1), let count = int(2), let gain = Float(words[3]), gain.isFinite else { return nil }
      self = .dry(position: position, count: count, gain: gain)
    default: return nil
    }
  }
}
