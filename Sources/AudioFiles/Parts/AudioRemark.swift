/// Something about a sound that its reader should hear of, though it could be read. Prints as one sentence.
package struct AudioRemark: Sendable, Equatable, CustomStringConvertible {
  package let description: String
  /// Whether the file is not as it should be, rather than only unusual.
  package let isDamage: Bool
}
