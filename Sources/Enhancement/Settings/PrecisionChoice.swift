/// What people ask for: a precision, or the one that suits the processor.
package enum PrecisionChoice: String, Sendable, CaseIterable {
  case auto, float32, bfloat16

  /// - Note: `auto` measures, once in a process.
  package var precision: EnhancementModel.Precision {
    switch self {
    case .auto: .fastest
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }
}
