import AudioFiles
import Figures

/// The page of a folder of pictures: one table, then the pictures. It needs nothing but them.
enum OverviewPage {
  struct Entry {
    /// Of the picture, below the page's folder; the name is that of the sound with ".png" after it.
    let picture: String
    /// nil: there is no picture.
    let summary: FigureSummary?
    /// What went wrong, if anything did.
    let failure: String?

    var name: String { String(picture.utf8.dropLast(4))! }
  }

  static func html(_ entries: [Entry]) -> String {
    let sorted = entries.sorted { FileName.bytes($0.name).lexicographicallyPrecedes(FileName.bytes($1.name)) }
    let count = sorted.count == 1 ? "1 recording" : "\(sorted.count) recordings"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>Limpid: \(count)</title>
      <style>
      :root { color-scheme: light dark; }
      body { font: 16px/1.4 sans-serif; max-width: 1200px; margin: 1em auto; padding: 0 1em; }
      table { border-collapse: collapse; }
      th, td { padding: .2em .8em; text-align: right; border-bottom: 1px solid #8888; }
      th:first-child, td:first-child, td.failure { text-align: left; }
      td:first-child, h2 { overflow-wrap: anywhere; }
      img { max-width: 100%; height: auto; background: white; }
      </style>
      </head>
      <body>
      <h1>\(count)</h1>
      <table>
      <thead><tr><th scope="col">file</th><th scope="col">duration, s</th><th scope="col">channels</th>\
      <th scope="col">rate, Hz</th><th scope="col">level before, dBFS</th><th scope="col">after, dBFS</th>\
      <th scope="col">noise lower by, dB</th></tr></thead>
      <tbody>
      \(sorted.enumerated().map(row).joined(separator: "\n"))
      </tbody>
      </table>
      \(sorted.enumerated().compactMap(picture).joined(separator: "\n"))
      </body>
      </html>

      """
  }

  private static func row(_ place: Int, _ entry: Entry) -> String {
    guard let summary = entry.summary else {
      return "<tr><td><bdi>\(escaped(entry.name))</bdi></td><td class=\"failure\" colspan=\"6\">"
        + "\(escaped(entry.failure ?? "no figure"))</td></tr>"
    }
    let numbers = [
      Axis.number(summary.seconds, decimals: 2), "\(summary.channels)", "\(summary.sampleRate)",
      Axis.number(summary.inputLevel, decimals: 1), Axis.number(summary.outputLevel, decimals: 1),
      summary.noiseReduction.map { Axis.number($0, decimals: 1) } ?? "–",
    ]
    return "<tr><td><a href=\"#f\(place + 1)\"><bdi>\(escaped(entry.name))</bdi></a></td>"
      + numbers.map { "<td>\($0)</td>" }.joined() + "</tr>"
  }

  private static func picture(_ place: Int, _ entry: Entry) -> String? {
    guard entry.summary != nil else { return nil }
    let address = address(entry.picture)
    return "<h2 id=\"f\(place + 1)\"><bdi>\(escaped(entry.name))</bdi></h2>\n"
      + "<a href=\"\(address)\"><img loading=\"lazy\" src=\"\(address)\" "
      + "alt=\"Spectrograms, levels and noise reduction of \(escaped(entry.name))\"></a>"
  }

  /// For text and attributes; bytes that are no UTF-8, and controls, are U+FFFD.
  static func escaped(_ text: String) -> String {
    FigureText.shown(FileName.repaired(text)).unicodeScalars.reduce(into: "") { html, scalar in
      switch scalar {
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "\"": html += "&quot;"
      case "'": html += "&#39;"
      default: html.unicodeScalars.append(scalar)
      }
    }
  }

  /// A relative path as an address: all bytes but those of plain names are percent-encoded.
  static func address(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF".unicodeScalars)
    return FileName.bytes(path).reduce(into: "") { address, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"):
        address.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        address += "%"
        address.unicodeScalars.append(digits[Int(byte >> 4)])
        address.unicodeScalars.append(digits[Int(byte & 15)])
      }
    }
  }
}
