import Ground

/// The colours of levels: from nearly black over violet and red to light yellow.
///
/// CIE lightness L* rises evenly from 4 to 97, so that printed in grey it is an even grey scale, and who sees no hue reads the same
/// picture. a* and b* are chosen within what sRGB has.
package enum ColourScale {
  package struct Colour: Sendable, Equatable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    /// As cairo's RGB24 has it.
    var word: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }
  }

  /// (place, a*, b*)
  private static let anchors: [(place: Double, a: Double, b: Double)] = [
    (0, 6, -18), (0.2, 36, -48), (0.4, 58, -22), (0.6, 54, 44), (0.7, 38, 60), (0.85, 9, 62), (1, -9, 30),
  ]

  /// 256 colours from the lowest level to the highest.
  package static let colours: [Colour] = (0..<256).map { colour(at: Double($0) / 255) }

  /// The colour of a share of the scale; what is outside takes the ends, NaN the lowest.
  package static func colour(_ share: Float) -> Colour {
    colours[share > 0 ? Int(min(share, 1) * 255 + 0.5) : 0]
  }

  private static func colour(at place: Double) -> Colour {
    let next = max(1, anchors.firstIndex { $0.place >= place } ?? anchors.count - 1)
    let (low, high) = (anchors[next - 1], anchors[next])
    let share = (place - low.place) / (high.place - low.place)
    return sRGB(
      lightness: 4 + 93 * place, a: low.a + share * (high.a - low.a), b: low.b + share * (high.b - low.b))
  }

  /// CIELAB (white D65) to sRGB (IEC 61966-2-1).
  private static func sRGB(lightness: Double, a: Double, b: Double) -> Colour {
    let fy = (lightness + 16) / 116
    func linear(_ f: Double) -> Double {
      f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29)
    }
    let x = 0.95047 * linear(fy + a / 500)
    let y = linear(fy)
    let z = 1.08883 * linear(fy - b / 200)
    func byte(_ light: Double) -> UInt8 {
      let bounded = min(1, max(0, light))
      let encoded =
        bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * exponential(logarithm(bounded) / 2.4) - 0.055
      return UInt8((255 * encoded).rounded())
    }
    return Colour(
      red: byte(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
      green: byte(-0.9692660 * x + 1.8760108 * y + 0.0415560 * z),
      blue: byte(0.0556434 * x - 0.2040259 * y + 1.0572252 * z))
  }
}
