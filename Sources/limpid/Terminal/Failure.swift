import AlsaDevice
import ArgumentParser
import AudioFiles
import Enhancement
import Figures
import Foundation
import Ground
import JackDevice
import LivePage
import NeuralLayers
import Realtime
import Recording

/// What ends a command: one sentence, and the exit code that `limpid --help` explains.
struct Failure: Error {
  enum Code: Int32 {
    case usage = 64
    case badInput = 65
    case noInput = 66
    case software = 70
    case cannotCreate = 73
    case inputOutput = 74
    case configuration = 78
  }

  let code: Code
  let sentence: String

  init(_ code: Code, _ sentence: String) {
    self.code = code
    self.sentence = sentence
  }

  /// Any module's error as a failure with the code that fits.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as AudioFileError: self.init(Self.code(of: error), error.description)
    case let error as EnhancementModelError: self.init(.configuration, error.description)
    case let error as NoiseProfileError: self.init(Self.code(of: error), error.description)
    case let error as LearnedNoiseError: self.init(Self.code(of: error), error.description)
    case let error as EnhancementError: self.init(.usage, error.description)
    case let error as LiveError: self.init(Self.code(of: error), error.description)
    case let error as RecordingError: self.init(Self.code(of: error), error.description)
    case let error as EngineCommandError: self.init(.usage, error.description)
    case let error as AlsaError: self.init(.noInput, error.description)
    case let error as JackError: self.init(Self.code(of: error), error.description)
    case let error as FigureError: self.init(error == .noLibrary ? .cannotCreate : .software, error.description)
    case let error as LivePageError: self.init(.cannotCreate, error.description)
    default: self.init(.software, "\(error)")
    }
  }

  private static func code(of error: JackError) -> Code {
    switch error {
    case .badName, .tooManyPorts: .usage
    default: .noInput
    }
  }

  private static func code(of error: NoiseProfileError) -> Code {
    if case .unwritable(_, let reason) = error { Self.code(ofUnwritable: reason) } else { .configuration }
  }

  /// What the system says where writing fails in the middle.
  private static let fullDisk = Set([ENOSPC, EDQUOT, EFBIG, EIO].map { systemReason($0) })

  private static func code(ofUnwritable reason: String) -> Code {
    fullDisk.contains(reason) ? .inputOutput : .cannotCreate
  }

  private static func code(of error: LearnedNoiseError) -> Code {
    switch error {
    case .unwritable(_, let reason): Self.code(ofUnwritable: reason)
    case .missing, .unreadable: .noInput
    case .unsupportedSampleRate, .notFinite, .tooShort: .badInput
    case .notLearned: .configuration
    }
  }

  private static func code(of error: LiveError) -> Code {
    switch error {
    case .badOption: .usage
    case .tooSlow, .noThread, .busy, .learning, .notRunning: .software
    }
  }

  private static func code(of error: RecordingError) -> Code {
    switch error {
    case .cannotRecord: .cannotCreate
    case .missing: .noInput
    case .badRecording: .badInput
    }
  }

  private static func code(of error: AudioFileError) -> Code {
    switch error {
    case .missing, .unreadable, .notAFile: .noInput
    case .writingFailed: .inputOutput
    case _ where error.isInput: .badInput
    default: .cannotCreate
    }
  }

  /// Prints `limpid: error: …` and gives what to throw to end with the code.
  func end() -> ExitCode {
    Terminal.complain("error", sentence)
    return ExitCode(code.rawValue)
  }
}
