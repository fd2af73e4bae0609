/// The four bytes that begin a frame of MPEG audio (ISO 11172-3 and 13818-3, and the unofficial MPEG 2.5).
struct MPEGFrameHeader: Equatable {
  /// 1…3
  let layer: Int
  /// In Hz.
  let sampleRate: Int
  /// Of one channel.
  let samplesPerFrame: Int
  let isMono: Bool
  /// MPEG 1, rather than 2 or 2.5.
  let isFirst: Bool
  /// Of the whole frame, header included.
  let byteCount: Int
  /// In kilobits a second.
  let kilobits: Int
  /// Whether two bytes of checksum follow the header.
  let hasChecksum: Bool
  let bytes: UInt32

  /// nil for bytes that begin no frame, and for frames of free bit rate, whose length cannot be told.
  init?(_ bytes: UInt32) {
    guard bytes >> 21 == 0x7FF else { return nil }
    let version = Int(bytes >> 19 & 3)  // 0: 2.5, 2: 2, 3: 1
    let layer = 4 - Int(bytes >> 17 & 3)
    let bitRate = Int(bytes >> 12 & 15)
    let rate = Int(bytes >> 10 & 3)
    guard version != 1, layer != 4, bitRate != 0, bitRate != 15, rate != 3 else { return nil }
    isFirst = version == 3
    self.layer = layer
    sampleRate = [44_100, 48_000, 32_000][rate] / (isFirst ? 1 : version == 2 ? 2 : 4)
    isMono = bytes >> 6 & 3 == 3
    hasChecksum = bytes >> 16 & 1 == 0
    samplesPerFrame = layer == 1 ? 384 : layer == 3 && !isFirst ? 576 : 1152
    kilobits = (isFirst ? Self.firstRates[layer - 1] : Self.secondRates[layer == 1 ? 0 : 1])[bitRate - 1]
    let padding = Int(bytes >> 9 & 1)
    byteCount =
      layer == 1
      ? (12 * kilobits * 1000 / sampleRate + padding) * 4
      : samplesPerFrame / 8 * kilobits * 1000 / sampleRate + padding
    self.bytes = bytes
  }

  /// Whether a frame of `other` can be in the same stream: bit rate, padding and stereo mode may change, the rest not.
  func continues(_ other: MPEGFrameHeader) -> Bool {
    layer == other.layer && sampleRate == other.sampleRate && isFirst == other.isFirst
      && isMono == other.isMono
  }

  /// "mono at 44100 Hz"
  var extent: String { "\(isMono ? "mono" : "stereo") at \(sampleRate) Hz" }

  /// Bytes between the header and the place where encoders write "Xing" or "Info".
  var sideInformation: Int { isFirst ? (isMono ? 17 : 32) : (isMono ? 9 : 17) }

  /// The shortest layer III header of this stream whose frame has room for a frame count.
  var forFrameCount: MPEGFrameHeader? {
    (1...14).lazy.compactMap { rate -> MPEGFrameHeader? in
      // No checksum, no padding.
      MPEGFrameHeader(self.bytes & 0xFFFF_0DFF | 0x0001_0000 | UInt32(rate) << 12)
    }.first { $0.byteCount >= 4 + sideInformation + 16 }
  }

  private static let firstRates = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ]
  private static let secondRates = [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ]
}
