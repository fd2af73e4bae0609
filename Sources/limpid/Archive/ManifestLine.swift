import AudioFiles
import Foundation

/// What a manifest says of one output: a line of JSON.
///
/// Names are text in which a byte that is part of no UTF-8, and the sign %, stand as % and two hexadecimal digits:
/// `urllib.parse.unquote_to_bytes` gives the bytes.
struct OutputLine: Codable, Sendable {
  /// Below the output folder.
  let output: String
  let outputBytes: Int
  let outputSHA256: String
  /// Its place below the folder that was searched; the last part of its name where it was named itself.
  let input: String
  let inputBytes: Int
  let inputSHA256: String
  /// The hash of the settings; a line with `values` has them.
  let settings: String
  /// Of sound.
  let durationInSeconds: Double
  /// When it was whole: ISO 8601, UTC.
  let made: String
  /// The instructions that were used, and bfloat16 where products were in it: results of others differ in their last bits.
  let processor: String
}

/// The settings that outputs were made with, once in a manifest for all of them.
struct SettingsLine: Codable, Sendable {
  let settings: String
  let values: [String: String]
}

enum ManifestName {
  /// A name as the manifest has it.
  static func escaped(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      let bytes = FileName.bytes(String(scalar))
      if scalar == "%" || (bytes.count == 1 && bytes[0] >= 0x80) {
        text += "%" + (bytes[0] < 16 ? "0" : "") + String(bytes[0], radix: 16, uppercase: true)
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

/// A line as it stands in the file, without its end.
func manifestText(_ line: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  // Strings and finite numbers: nothing that could be refused.
  return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? ""
}
