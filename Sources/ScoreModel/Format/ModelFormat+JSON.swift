import Diffusion
import NeuralLayers
import SignalProcessing

extension ModelFormat {
  /// The key of the format in a weights file's `limpid` metadata.
  package static let key = "format"

  /// Reads the format from its JSON object, as tools/training writes it (`export.py`), and checks that it can be.
  ///
  /// - Throws: `ModelFileError.badConfiguration`, naming the field. `path` names the file in it.
  package init(json: JSONValue, path: String) throws(ModelFileError) {
    func wrong(_ reason: String) -> ModelFileError { .badConfiguration(path: path, reason: reason) }
    func whole(_ key: String) throws(ModelFileError) -> Int {
      guard let value = json[key]?.integer, value.magnitude < 1 << 31 else {
        throw wrong("format \(key) is \(json[key]?.text ?? "missing"), expected a whole number")
      }
      return value
    }
    func real(_ key: String) throws(ModelFileError) -> Double {
      guard let value = json[key]?.double, value.isFinite else {
        throw wrong("format \(key) is \(json[key]?.text ?? "missing"), expected a number")
      }
      return value
    }
    guard json.members != nil else { throw wrong("the format is not a JSON object") }
    // Files that state none are of networks that hear sound as it comes.
    let stated = json["direction"]
    guard let direction = stated.map({ Direction(rawValue: $0.string ?? "") }) ?? .forward else {
      let words = Direction.allCases.map(\.rawValue).joined(separator: " or ")
      throw wrong("format direction is \(stated?.text ?? "missing"), expected \(words)")
    }
    guard let list = json["times"]?.array else { throw wrong("format times is not a list") }
    var times: [Float] = []
    for value in list {
      guard let time = value.double else { throw wrong("format times holds \(value.text), expected numbers") }
      times.append(Float(time))
    }
    let sizes = try (whole("sample_rate"), whole("fft_length"), whole("hop_length"), whole("bins"))
    let compression = try (Float(real("compression_factor")), Float(real("compression_exponent")))
    let process = try (real("theta"), real("sigma_min"), real("sigma_max"))

    let sde: OrnsteinUhlenbeckSDE
    let grid: TimeGrid
    do throws(DiffusionParameterError) {
      sde = try OrnsteinUhlenbeckSDE(theta: process.0, sigmaMin: process.1, sigmaMax: process.2)
      grid = try TimeGrid(times: times)
    } catch { throw wrong(error.description) }
    let frame: FrameFormat
    do throws(FrameFormatError) {
      frame = try FrameFormat(
        sampleRate: sizes.0, fftLength: sizes.1, hopLength: sizes.2, modelBinCount: sizes.3)
    } catch { throw wrong(error.description) }
    do throws(ModelFormatError) {
      self = try ModelFormat(
        frame: frame, compressionFactor: compression.0, compressionExponent: compression.1, sde: sde, grid: grid,
        direction: direction)
    } catch { throw wrong(error.description) }
  }
}
