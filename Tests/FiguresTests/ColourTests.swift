import Figures
import Foundation
import Testing

/// The colours of levels.
@Suite struct ColourTests {
  @Test func `every level is lighter than the one below, evenly`() {
    // CIE lightness by IEC 61966-2-1 and CIE 15, written without the code under test.
    func lightness(_ colour: ColourScale.Colour) -> Double {
      func linear(_ byte: UInt8) -> Double {
        let value = Double(byte) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      let y = 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
      return y > 0.008856 ? 116 * cbrt(y) - 16 : 903.3 * y
    }
    let values = ColourScale.colours.map(lightness)
    for n in 1..<256 {
      // Bytes are rounded: a step of the scale is 0.36, and never back.
      #expect(values[n] > values[n - 1], "\(n): \(values[n - 1]), then \(values[n])")
      #expect(abs(values[n] - (4 + 93 * Double(n) / 255)) < 0.9, "\(n): \(values[n])")
    }
    // And as a printer or a screen's filter makes grey of it (ITU-R BT.601).
    let greys = ColourScale.colours.map { 0.299 * Double($0.red) + 0.587 * Double($0.green) + 0.114 * Double($0.blue) }
    for n in 8..<256 { #expect(greys[n] > greys[n - 8]) }
  }

  @Test func `what is outside the scale takes its ends`() {
    #expect(ColourScale.colour(-1) == ColourScale.colours[0] && ColourScale.colour(.nan) == ColourScale.colours[0])
    #expect(ColourScale.colour(-.infinity) == ColourScale.colours[0])
    #expect(ColourScale.colour(.infinity) == ColourScale.colours[255])
    #expect(ColourScale.colour(0.5) == ColourScale.colours[128])
  }
}
