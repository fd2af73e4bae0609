/// Opens a sound file of any kind that can be read: libsndfile's, and ffmpeg's where that is installed.
///
/// - Parameter strict: refuses what is read otherwise with a remark of damage.
/// - Throws: `AudioFileError`.
package func openSound(path: String, strict: Bool = false) throws(AudioFileError) -> any AudioSource {
  if Files.kind(path) == .regular, let file = FileWindow(path: path), let kind = FFmpegReader.kind(file) {
    let shortage = FFmpegReader.shortage(file)
    if strict, let shortage { throw .notStrict(path: path, remark: shortage.description) }
    return try FFmpegReader(path: path, kind: kind, strict: strict, remarks: [shortage].compactMap(\.self))
  }
  do { return try AudioFileReader(path: path, strict: strict) } catch {
    // Encodings that libsndfile lacks, and kinds without a mark of their own.
    guard case .notAudio = error, FFmpegReader.isInstalled,
      let reader = try? FFmpegReader(
        path: path, kind: FileName.suffix(path).uppercased(), among: FFmpegReader.unmarkedFormats, strict: strict)
    else { throw error }
    return reader
  }
}
