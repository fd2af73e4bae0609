import Foundation

/// A WAV file, written and read without the code under test.
struct Wave {
  var rate = 16_000
  var channels = 1
  var bits = 16
  var isFloat = false
  /// Interleaved, full scale ±1.
  var samples: [Float] = []

  init(rate: Int = 16_000, channels: Int = 1, bits: Int = 16, isFloat: Bool = false, samples: [Float]) {
    self.rate = rate
    self.channels = channels
    self.bits = bits
    self.isFloat = isFloat
    self.samples = samples
  }

  var data: Data {
    var body = Data()
    for sample in samples { body.append(contentsOf: bytes(of: sample)) }
    var file = Data("RIFF".utf8)
    func number<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.littleEndian) { file.append(contentsOf: $0) }
    }
    number(UInt32(36 + body.count))
    file.append(Data("WAVEfmt ".utf8))
    number(UInt32(16))
    number(UInt16(isFloat ? 3 : 1))
    number(UInt16(channels))
    number(UInt32(rate))
    number(UInt32(rate * channels * bits / 8))
    number(UInt16(channels * bits / 8))
    number(UInt16(bits))
    file.append(Data("data".utf8))
    number(UInt32(body.count))
    return file + body
  }

  private func bytes(of sample: Float) -> [UInt8] {
    let word: UInt32
    if isFloat {
      word = sample.bitPattern
    } else {
      let scale = Double(1 << (bits - 1))
      let value = min(scale - 1, max(-scale, (Double(sample) * scale).rounded()))
      word = UInt32(truncatingIfNeeded: Int64(value))
    }
    return (0..<(bits / 8)).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
  }

  /// Reads PCM of 16 or 24 bits and 32-bit floats; other chunks are passed over.
  init(_ data: Data) throws {
    let bytes = [UInt8](data)
    func value(_ at: Int, _ count: Int) -> Int {
      var result = 0
      for n in 0..<count { result |= Int(bytes[at + n]) << (8 * n) }
      return result
    }
    var position = 12
    while position + 8 <= bytes.count {
      let name = String(decoding: bytes[position..<position + 4], as: UTF8.self)
      let size = value(position + 4, 4)
      let start = position + 8
      if name == "fmt " {
        let format = value(start, 2) == 0xFFFE ? value(start + 24, 2) : value(start, 2)
        channels = value(start + 2, 2)
        rate = value(start + 4, 4)
        bits = value(start + 14, 2)
        isFloat = format == 3
      } else if name == "data" {
        let width = bits / 8
        for k in 0..<(min(size, bytes.count - start) / width) {
          let raw = value(start + k * width, width)
          if isFloat {
            samples.append(Float(bitPattern: UInt32(raw)))
          } else {
            let half = 1 << (bits - 1)
            samples.append(Float(raw >= half ? raw - 2 * half : raw) / Float(half))
          }
        }
      }
      position = start + size + size % 2
    }
  }

  /// Decaying tones and a little noise, repeatable: `seconds` of all channels.
  static func sound(_ seconds: Double, rate: Int = 16_000, channels: Int = 1) -> [Float] {
    var state: UInt32 = 1
    return (0..<(Int(seconds * Double(rate)) * channels)).map { n in
      let time = Double(n / channels) / Double(rate)
      let frequency = 300 + 100 * Double(n % channels)
      let tone = sin(2 * Double.pi * frequency * time) * exp(-3 * (time - time.rounded(.down)))
      return Float(0.3 * tone) + 0.02 * noise(&state)
    }
  }

  /// White noise, repeatable, within ±1.
  static func noise(_ seconds: Double, rate: Int = 16_000) -> [Float] {
    var state: UInt32 = 7
    return (0..<Int(seconds * Double(rate))).map { _ in 0.2 * noise(&state) }
  }

  private static func noise(_ state: inout UInt32) -> Float {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) / 8_388_608 - 1
  }
}
