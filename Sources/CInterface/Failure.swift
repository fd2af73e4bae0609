import CLimpid
import Enhancement
import NeuralLayers
import Realtime

/// What goes back to C: a status, and the sentence for `limpid_last_error`.
struct Failure: Error {
  let status: limpid_status
  let sentence: String

  init(_ status: limpid_status, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }

  /// Of whatever is thrown below.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as EnhancementError: self.init(Self.status(of: error), error.description)
    case let error as EnhancementModelError: self.init(Self.status(of: error), error.description)
    case let error as LearnedNoiseError: self.init(Self.status(of: error), error.description)
    case let error as LiveError: self.init(Self.status(of: error), error.description)
    default: self.init(LIMPID_SYSTEM, "\(error)")
    }
  }

  private static func status(of error: EnhancementError) -> limpid_status {
    switch error {
    case .unsupportedSampleRate, .unsupportedChannelCount, .unsupportedBlock: LIMPID_UNSUPPORTED_FORMAT
    case .modelRequired, .noLearnedTokens: LIMPID_BAD_MODEL
    case .fixedWhileRunning: LIMPID_WRONG_STATE
    case .unknownSetting: LIMPID_UNKNOWN_KEY
    case .notAValue, .outOfRange, .otherSampler: LIMPID_BAD_VALUE
    }
  }

  private static func status(of error: EnhancementModelError) -> limpid_status {
    switch error.kind {
    case .missing, .unreadable: LIMPID_NO_FILE
    case .unsupportedPrecision: LIMPID_BAD_VALUE
    case .unusable: LIMPID_BAD_MODEL
    }
  }

  private static func status(of error: LearnedNoiseError) -> limpid_status {
    switch error {
    case .unsupportedSampleRate: LIMPID_UNSUPPORTED_FORMAT
    case .missing, .unreadable, .unwritable: LIMPID_NO_FILE
    case .notFinite, .tooShort, .notLearned: LIMPID_BAD_SOUND
    }
  }

  private static func status(of error: LiveError) -> limpid_status {
    switch error {
    case .tooSlow: LIMPID_TOO_SLOW
    case .noThread: LIMPID_SYSTEM
    case .badOption: LIMPID_BAD_VALUE
    case .busy, .learning: LIMPID_BUSY
    case .notRunning: LIMPID_WRONG_STATE
    }
  }
}

/// Runs a body on an ordinary thread; what it throws becomes the status, and its sentence the thread's last error.
func answer(_ body: () throws -> Void) -> limpid_status {
  do {
    try body()
    return LIMPID_OK
  } catch {
    let failure = Failure(error)
    ci_keep_error(failure.sentence)
    return failure.status
  }
}

/// The same on the real-time path: a sentence that is there already, copied.
@inline(never)
func refuse(_ status: limpid_status, _ sentence: StaticString) -> limpid_status {
  ci_keep_error(UnsafeRawPointer(sentence.utf8Start).assumingMemoryBound(to: CChar.self))
  return status
}

/// A text of C's.
///
/// - Throws: `LIMPID_BAD_ARGUMENT` for NULL and for what is not UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
  guard let pointer else { throw Failure(LIMPID_BAD_ARGUMENT, "\(name) is NULL; give a text") }
  guard let text = String(validatingCString: pointer) else {
    throw Failure(LIMPID_BAD_ARGUMENT, "\(name) is not UTF-8; give it in that encoding")
  }
  return text
}
