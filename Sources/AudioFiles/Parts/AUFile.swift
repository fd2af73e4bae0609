/// An AU file, or several in a row: a header of fixed fields, and samples to a size, or to the end where it says nothing.
struct AUFile {
  private(set) var layout = SoundLayout(parts: [])

  /// nil for other kinds of files.
  init?(_ file: FileWindow) {
    guard file.has(".snd", at: 0) else { return nil }
    var start = 0
    while start + 24 <= file.count, file.has(".snd", at: start),
      let offset = file.number(start + 4, 4, bigEndian: true), let size = file.number(start + 8, 4, bigEndian: true)
    {
      let body = start + offset
      let end = body + size
      if size == 0xFFFF_FFFF || (end <= file.count && size > 0) || body >= file.count {
        let last = size == 0xFFFF_FFFF ? file.count : min(end, file.count)
        layout.parts.append(SoundPart(segments: [.file(start..<last)]))
        start = last
        continue
      }
      var header = file.bytes(start, 24)
      for n in 8..<12 { header[n] = 0xFF }
      layout.parts.append(SoundPart(segments: [.memory(header), .file((start + 24)..<file.count)]))
      layout.remarks.append(
        AudioRemark(
          description:
            "its header promises \(size) bytes of sound and \(file.count - body) bytes are there, all of which "
            + "were taken", isDamage: true))
      return
    }
    guard !layout.parts.isEmpty else { return nil }
    if start < file.count {
      layout.remarks.append(
        AudioRemark(
          description: "\(file.count - start) bytes behind its end are no sound and were left out", isDamage: true))
    }
  }
}
