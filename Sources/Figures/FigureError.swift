/// Why there is no picture. Prints as one sentence with the remedy.
package enum FigureError: Error, Equatable, Sendable {
  /// libcairo is not installed.
  case noLibrary
  /// It could not draw; `reason` is its word.
  case drawingFailed(reason: String)
}

extension FigureError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noLibrary:
      "the library that draws figures, libcairo.so.2, is not installed; install it (Debian: libcairo2), or leave the figure out"
    case .drawingFailed(let reason): "the figure could not be drawn (\(reason)); leave it out"
    }
  }
}
