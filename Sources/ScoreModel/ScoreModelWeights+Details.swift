import Ground
import NeuralLayers
import PretrainedEncoders
import SignalProcessing

extension ScoreModelWeights: CustomStringConvertible {
  /// What `limpid info` prints: labels and values, in the order to print them.
  package var details: [(label: String, value: String)] {
    let c = configuration
    func text(_ numbers: [Int]) -> String { numbers.map { String($0) }.joined(separator: ", ") }
    var result: [(label: String, value: String)] = [
      ("name", name),
      ("parameters", grouped(parameterCount)),
      ("multiply-adds per frame and step", grouped(multiplyAddsPerFrame)),
      (
        "frames",
        "\(format.frame.fftLength) samples every \(format.frame.hopLength) at \(format.frame.sampleRate) Hz"
      ),
      ("bins", "\(c.bins), in \(c.outerBands) and \(c.innerBands) bands"),
      ("channels", text(c.channels)),
      ("time dilations", text(c.outerDilations) + " outside, " + text(c.innerDilations) + " inside"),
      ("attention heads", "\(c.heads)"),
      ("feed-forward width", "\(c.feedForward)"),
    ]
    switch c.encoder {
    case .none: result.append(("noise encoder", "none"))
    case .global: result.append(("noise encoder", "global, one token of \(c.tokenDimension)"))
    case .sequence:
      result.append(("noise encoder", "sequence, \(c.tokens) tokens of \(c.tokenDimension)"))
    case .clap, .panns:
      let kind = c.encoder.rawValue
      let embedding = c.tower?.embedding ?? 0
      result.append(
        ("noise encoder", "\(kind), an embedding of \(embedding) as \(c.tokens) tokens of \(c.tokenDimension)"))
    }
    if c.learnedTokens { result.append(("learned noise", "\(c.tokens) tokens of its own")) }
    if format.direction == .backward { result.append(("hears", "recordings from their end")) }
    if let speaker = speaker?.configuration {
      result.append(
        (
          "speaker network",
          "tells learned voices apart: embeddings of \(speaker.embedding), every \(speaker.stride) frames"
        ))
    }
    for member in metadata where !["name", "parameters", "multiply_adds_per_frame"].contains(member.key) {
      result.append((member.key, member.value.plainText))
    }
    return result.map { (label: printable($0.label), value: printable($0.value)) }
  }

  /// `details`, a line each.
  package var description: String {
    details.map { "\($0.label): \($0.value)" }.joined(separator: "\n")
  }
}

extension JSONValue {
  /// Without quotes and brackets where that is still clear.
  fileprivate var plainText: String {
    switch self {
    case .string(let text): return text
    case .array(let values): return values.map(\.plainText).joined(separator: ", ")
    case .object(let members):
      return members.map { member in
        if case .object = member.value { return "\(member.key) (\(member.value.plainText))" }
        return "\(member.key) \(member.value.plainText)"
      }.joined(separator: ", ")
    default: return text
    }
  }
}

/// 8623040 as 8 623 040.
private func grouped(_ number: Int) -> String {
  var result = ""
  for (i, digit) in String(number).reversed().enumerated() {
    if i > 0 && i % 3 == 0 { result = " " + result }
    result = String(digit) + result
  }
  return result
}
