import Foundation

/// Our lines in the script that PulseAudio starts with, `default.pa` of the user, between two marks.
///
/// PulseAudio reads the user's script instead of the system's, so one that is made here begins with the system's.
enum PulseAudioScript {
  static let systemScript = "/etc/pulse/default.pa"
  private static let begin = Data("# >>> limpid install-microphone".utf8)
  private static let include = Data(".include \(systemScript)\n".utf8)
  private static let end = Data("# <<< limpid install-microphone".utf8)

  /// Where PulseAudio looks for the user's (pa_open_config_file in pulsecore/core-util.c, which knows no XDG_CONFIG_HOME).
  static var file: String {
    let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
    let home = UserFolders.home
    let old = home + "/.pulse/default.pa"
    let path =
      environment["PULSE_CONFIG_PATH"].map { $0 + "/default.pa" }
      ?? (access(old, F_OK) == 0 ? old : home + "/.config/pulse/default.pa")
    // Where it is a link, into a folder of such files, the file it points to is written.
    return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  /// The script with our lines at its end, and what was there of ours taken out.
  ///
  /// - Parameter text: the user's; nil: has none. Any bytes; they stay.
  static func adding(_ lines: String, to text: Data?) -> Data {
    let rest = text.flatMap(removing)
    var all = rest ?? Data()
    if let last = all.last, last != UInt8(ascii: "\n") { all.append(UInt8(ascii: "\n")) }
    all += begin
    all += Data("; limpid remove-microphone takes these lines away\n".utf8)
    if rest == nil { all += include }
    all += Data(lines.utf8)
    all.append(UInt8(ascii: "\n"))
    return all + end + Data("\n".utf8)
  }

  /// The script without our lines; nil: nothing else is in it, so it was made here. Where something was added to one that
  /// was made here, the system's script stays included.
  static func removing(from text: Data) -> Data? {
    var rest = text
    var wasMade = false
    while let start = rest.range(of: begin), let stop = rest.range(of: end, in: start.upperBound..<rest.endIndex) {
      // Its last line may have lost its end to an editor, or have Windows'.
      var last = stop.upperBound
      for byte in [UInt8(ascii: "\r"), UInt8(ascii: "\n")] where last < rest.endIndex && rest[last] == byte {
        last += 1
      }
      let lines = start.lowerBound..<last
      let included = rest.range(of: include, in: lines).map { rest.subdata(in: $0) }
      rest.replaceSubrange(lines, with: included ?? Data())
      wasMade = wasMade || included != nil
    }
    return wasMade && rest == include ? nil : rest
  }

  static func hasLines(_ text: Data) -> Bool { text.range(of: begin) != nil }
}
