import Ground

/// x / rms(x) over the channels of each band, then scale and shift: the network's only norm.
///
/// It looks at one position of one frame, so it needs no state. ε = 1e-6 is added to the mean square.
package enum RMSNorm {
  /// - Parameters:
  ///   - input: (rows, channels).
  ///   - scale: (channels), or nil for 1.
  ///   - shift: (channels), or nil for 0.
  ///   - output: (rows, channels); may be the input.
  @_noLocks
  package static func forward(
    rows: Int, channels: Int, input: UnsafePointer<Float>, scale: UnsafePointer<Float>? = nil,
    shift: UnsafePointer<Float>? = nil, into output: UnsafeMutablePointer<Float>
  ) { rmsNorm(rows, channels, input, scale, shift, 0, output) }

  /// With an own shift for every row: `shifts` is (rows, channels).
  @_noLocks
  package static func forward(
    rows: Int, channels: Int, input: UnsafePointer<Float>, shifts: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) { rmsNorm(rows, channels, input, nil, shifts, channels, output) }
}
