import Foundation

/// RMS of the difference over RMS of the reference, in dB; infinity where there are more or fewer values, or one of them is
/// not finite.
package func errorInDecibels(_ values: some Collection<Float>, _ reference: some Collection<Float>) -> Double {
  precondition(!reference.isEmpty, "there is something to compare with")
  guard values.count == reference.count else { return .infinity }
  var difference = 0.0
  var power = 0.0
  for (a, b) in zip(values, reference) {
    difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
    power += Double(b) * Double(b)
  }
  return difference.isFinite ? 10 * log10(max(difference, 1e-300) / power) : .infinity
}

/// Bits, so that NaN equals NaN and −0 is not 0.
package func bits(_ x: some Sequence<Float>) -> [UInt32] { x.map(\.bitPattern) }

/// The first place where the bits differ; nil: nowhere.
package func firstDifference(_ x: some Collection<Float>, _ y: some Collection<Float>) -> Int? {
  if x.count != y.count { return min(x.count, y.count) }
  return zip(x, y).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }?.offset
}
