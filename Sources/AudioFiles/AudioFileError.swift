import Ground

/// What is wrong with a sound file or a stream of samples. Prints as one sentence with the remedy.
package enum AudioFileError: Error, Equatable, Sendable {
  /// There is no file of that name.
  case missing(path: String)
  /// A folder, a device.
  case notAFile(path: String)
  /// The system refused; `reason` is its word.
  case unreadable(path: String, reason: String)
  /// libsndfile does not know it; `reason` is its word.
  case notAudio(path: String, reason: String)
  /// A file without samples.
  case empty(path: String)
  /// The file ends before what its header promises; both in samples per channel or in bytes, as `unit` says.
  case cutShort(path: String, promised: Int, found: Int, unit: String)
  /// An Ogg stream without its end.
  case endless(path: String)
  /// A rate or number of channels that is not supported.
  case unsupported(path: String, what: String, remedy: String)
  /// It could be read, but is not as it should be, and was to be read strictly; `remark` says what is wrong.
  case notStrict(path: String, remark: String)
  /// A kind of file that `ffmpeg` reads, and it is not installed.
  case needsFFmpeg(path: String, kind: String)
  /// Reading failed in the middle.
  case damaged(path: String, reason: String)
  /// The output exists and was not to be replaced.
  case exists(path: String)
  /// The extension names no container that can be written.
  case unknownExtension(path: String, extension: String)
  /// The container does not take this rate or number of channels.
  case cannotHold(path: String, container: String, what: String, remedy: String)
  /// The output exists and is a device, a pipe or a folder.
  case notReplaceable(path: String)
  /// The system refused to make the output; `reason` is its word.
  case unwritable(path: String, reason: String)
  /// Writing failed in the middle; `reason` is the system's word.
  case writingFailed(path: String, reason: String)

  /// Whether the input is to blame, rather than the output.
  package var isInput: Bool {
    switch self {
    case .missing, .notAFile, .unreadable, .notAudio, .empty, .cutShort, .endless, .unsupported, .damaged,
      .notStrict, .needsFFmpeg:
      true
    case .exists, .unknownExtension, .cannotHold, .notReplaceable, .unwritable, .writingFailed: false
    }
  }
}

extension AudioFileError {
  /// Why there is nothing under a name: it may lie in a folder that may not be searched.
  package static func whyNone(path: String) -> AudioFileError {
    var status = stat()
    let code = FileName.withCString(path) { stat($0, &status) == 0 ? 0 : errno }
    return code == 0 || code == ENOENT || code == ENOTDIR
      ? .missing(path: path) : .unreadable(path: path, reason: systemReason(code))
  }
}

extension AudioFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      path == "-"
        ? "-: there is no such file, and only limpid enhance takes sound from standard input; name a file"
        : "\(path): there is no such file; check its name"
    case .notAFile(let path): "\(path): not a regular file; give a sound file, or pipe its sound to limpid enhance -"
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason)); check its permissions"
    case .notAudio(let path, let reason):
      "\(path): not a sound file that can be read (\(reason)); give WAV, AIFF, FLAC, Ogg, Opus or MP3"
    case .empty(let path): "\(path): there is no sound in it; record or copy it again"
    case .cutShort(let path, let promised, let found, let unit):
      "\(path): cut short, its header promises \(promised) \(unit) and \(found) are there; copy it again"
    case .endless(let path): "\(path): cut short, its last page is missing; copy it again"
    case .unsupported(let path, let what, let remedy): "\(path): \(what); \(remedy)"
    case .notStrict(let path, let remark): "\(path): \(remark); leave out --strict to read it so, or copy it again"
    case .needsFFmpeg(let path, let kind):
      "\(path): \(kind) is read through ffmpeg, which is not installed; install it (apt-get install ffmpeg), or convert "
        + "the file to WAV or FLAC"
    case .damaged(let path, let reason): "\(path): damaged (\(reason)); copy or convert it again"
    case .exists(let path): "\(path) exists already; use --force to replace it, or name another output"
    case .unknownExtension(let path, let name):
      "\(path): '\(name)' is no kind of sound file that is written; use .wav, .flac, .aiff, .ogg, .opus, .mp3, .w64 or .rf64"
    case .cannotHold(let path, let container, let what, let remedy):
      "\(path): \(container) cannot hold \(what); \(remedy)"
    case .notReplaceable(let path): "\(path): not a regular file, so it is not replaced; name another output"
    case .writingFailed(let path, let reason):
      "\(path): writing failed (\(reason)); make room, or choose another place for the output"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); choose another place for the output"
    }
  }
}
