/// One sound within a file: what libsndfile is given, and what is known of its length.
struct SoundPart {
  var segments: [Segment]
  /// Samples per channel that the header promises, where libsndfile is not asked: for FLAC, whose frames are read to the
  /// end whatever the header says. nil: libsndfile's number.
  var promisedCount: Int?
  /// Whether all is read that is there, whatever the number.
  var readsToEnd = false
}

/// What a file was found to be made of.
struct SoundLayout {
  var parts: [SoundPart]
  var remarks: [AudioRemark] = []
}
