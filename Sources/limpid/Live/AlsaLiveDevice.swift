import AlsaDevice
import Realtime

/// Two ALSA devices.
final class AlsaLiveDevice: LiveDevice {
  private let duplex: AlsaDuplex
  init(_ duplex: AlsaDuplex) { self.duplex = duplex }
  func start() throws { try duplex.start() }
  func stop() { duplex.stop() }
  var ports: String { duplex.description }
  var facts: String? {
    guard let format = duplex.format else { return nil }
    return duplex.description
      + "; the devices' buffers add " + Self.duration(duplex.deviceLatencyInSamples, at: format.sampleRate)
  }
  /// Only where a clock tells.
  var measurements: String? {
    guard let format = duplex.format, let measured = duplex.measuredDeviceLatency else { return nil }
    return "at the end the devices' buffers added " + Self.duration(measured, at: format.sampleRate)
  }
  private static func duration(_ samples: Int, at rate: Int) -> String {
    String(format: "%.1f ms (%d samples)", Double(samples) / Double(rate) * 1000, samples)
  }
  var endReason: String? {
    switch duplex.end {
    case .failed(let sentence): sentence
    case nil, .stopped, .inputEnded: nil
    }
  }
  var hasEnded: Bool { duplex.end != nil }
}
