import CSndfile

/// Title, artist and the other texts of a sound file, by libsndfile's number for each, and the origin that a broadcast
/// WAV carries (recorder, date, time code).
public struct AudioTags: Sendable, Equatable {
  var texts: [Int32: String] = [:]
  /// libsndfile's SF_BROADCAST_INFO as it came.
  private(set) var broadcast: [UInt8] = []

  public init() {}

  public var title: String? { texts[Int32(SF_STR_TITLE)] }
  public var artist: String? { texts[Int32(SF_STR_ARTIST)] }
  public var isEmpty: Bool { texts.isEmpty && broadcast.isEmpty }

  /// All that an open file has. The encoder's name is left out: the output has another.
  init(reading file: OpaquePointer) {
    for key in Int32(SF_STR_TITLE)...Int32(SF_STR_GENRE) where key != Int32(SF_STR_SOFTWARE) {
      if let text = sf_get_string(file, key) { texts[key] = String(cString: text) }
    }
    var origin = [UInt8](repeating: 0, count: MemoryLayout<SF_BROADCAST_INFO>.size)
    if sf_command(file, Int32(SFC_GET_BROADCAST_INFO), &origin, Int32(origin.count)) == Int32(SF_TRUE) {
      broadcast = origin
    }
  }

  /// Sets what the container has a place for; the rest is dropped by libsndfile. Before the first sample.
  func write(to file: OpaquePointer) {
    if !broadcast.isEmpty {
      var origin = broadcast
      _ = sf_command(file, Int32(SFC_SET_BROADCAST_INFO), &origin, Int32(origin.count))
    }
    for (key, text) in texts { _ = sf_set_string(file, key, text) }
  }
}
