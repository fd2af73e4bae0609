import Foundation
import Realtime

/// `--explain-latency`: where the latency comes from, part by part.
struct LatencyTable {
  let format: StreamFormat
  let budget: LatencyBudget
  /// What the device's own buffers add, where that is known.
  var device: (samples: Int, explanation: String)?

  /// - Throws: `EnhancementError`, `LiveError` for a format or an option out of range.
  init(_ format: StreamFormat, plan: LivePlan) throws {
    self.format = format
    budget = try LiveEngine.latencyBudget(format, model: plan.model, settings: plan.settings, options: plan.options)
  }

  var lines: [String] {
    let f = format
    let heading = "\(f.sampleRate) Hz, blocks of \(f.block), \(f.channelCount) channel\(f.channelCount == 1 ? "" : "s")"
    let total = Double(budget.totalInSamples)
    var lines = [heading] + budget.parts.map { line($0.name, $0.samples, $0.explanation) }
    lines.append(line("total", total, "from input to output, constant; the device's own buffers come on top"))
    if let device {
      lines.append(line("device", Double(device.samples), device.explanation))
      lines.append(line("heard", total + Double(device.samples), "from the microphone to the loudspeaker"))
    }
    return lines
  }

  private func line(_ name: String, _ samples: Double, _ explanation: String) -> String {
    let milliseconds = samples / Double(budget.sampleRate) * 1000
    return "  " + name.padding(toLength: 10, withPad: " ", startingAt: 0)
      + String(format: "%9g samples %7.2f ms  ", samples, milliseconds) + explanation
  }

  /// For machines: the same, one object.
  var json: [String: Any] {
    var object: [String: Any] = [
      "sample_rate": format.sampleRate, "block": format.block, "channels": format.channelCount,
      "latency_samples": budget.totalInSamples, "latency_ms": budget.totalInSeconds * 1000,
      "parts": budget.parts.map { ["name": $0.name, "samples": $0.samples, "explanation": $0.explanation] },
    ]
    if let device { object["device_samples"] = device.samples }
    return object
  }
}

/// One JSON object on one line, its keys in order.
func jsonLine(_ object: [String: Any]) -> String {
  let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
  return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}
