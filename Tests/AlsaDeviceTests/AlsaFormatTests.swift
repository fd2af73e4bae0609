import Testing

@testable import AlsaDevice

@Suite struct AlsaFormatTests {
  @Test(arguments: AlsaSampleFormat.allCases.filter { $0 != .float })
  func `full scale of integers clips and never wraps`(format: AlsaSampleFormat) {
    let values: [Float] = [1, 1.5, 1e9, .infinity, -1, -1.5, -1e9, -.infinity, .nan, 0.999_999, -0.0, 0.25]
    var bytes = [UInt8](repeating: 0xAA, count: values.count * 4)
    var back = [Float](repeating: .nan, count: values.count)
    bytes.withUnsafeMutableBytes { memory in
      format.encode(values, count: values.count, into: memory.baseAddress!, stride: format.byteCount)
      format.decode(memory.baseAddress!, stride: format.byteCount, count: values.count, into: &back)
    }
    let step: Float = format == .s16 ? 0x1p-15 : 0x1p-23
    for (value, result) in zip(values, back) {
      let expected = value.isNaN ? 0 : min(1, max(-1, value))
      #expect(abs(result - expected) <= step)
    }
  }

  @Test(arguments: [AlsaSampleFormat.s16, .s24, .s24in3]) func `every integer comes back`(format: AlsaSampleFormat) {
    let scale: Float = format == .s16 ? 0x1p-15 : 0x1p-23
    let top = format == .s16 ? 32768 : 8_388_608
    let values = stride(from: -top, to: top, by: format == .s16 ? 1 : 511).map { Float($0) * scale }
    var bytes = [UInt8](repeating: 0, count: values.count * 4)
    var back = [Float](repeating: .nan, count: values.count)
    bytes.withUnsafeMutableBytes { memory in
      format.encode(values, count: values.count, into: memory.baseAddress!, stride: format.byteCount)
      format.decode(memory.baseAddress!, stride: format.byteCount, count: values.count, into: &back)
    }
    #expect(back == values)
  }

  @Test func `the upper byte of S24 is ignored`() {
    var value: Float = 0
    let word: UInt32 = 0xAB40_0000
    withUnsafeBytes(of: word.littleEndian) {
      AlsaSampleFormat.s24.decode($0.baseAddress!, stride: 4, count: 1, into: &value)
    }
    #expect(value == 0.5)
  }
}
