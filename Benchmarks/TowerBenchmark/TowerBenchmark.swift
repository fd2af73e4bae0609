import Glibc
import PretrainedEncoders

/// Times one embedding of a pre-trained tower on one thread, and writes it: tools/convert/tests compares it with others'.
///
///     swift run -c release --package-path Benchmarks TowerBenchmark TOWER SAMPLES EMBEDDING [ROUNDS]
///
/// SAMPLES: raw float32 at 16 kHz; EMBEDDING: raw float32, written.
@main
struct TowerBenchmark {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst().map { $0 }
    guard (3...4).contains(arguments.count), let rounds = Int(arguments.count > 3 ? arguments[3] : "5"), rounds > 0
    else { fail("usage: TowerBenchmark TOWER SAMPLES EMBEDDING [ROUNDS]") }
    do { run(try TowerFile(path: arguments[0]), arguments[1], arguments[2], rounds) } catch { fail("\(error)") }
  }

  static func run(_ file: TowerFile, _ input: String, _ output: String, _ rounds: Int) {
    let samples = Upsampler(factor: file.configuration.spectrogram.sampleRate / 16_000).raise(readFloats(input))
    guard !samples.isEmpty else { fail("\(input): holds no samples; give raw float32") }
    let tower = file.weights.makeTower(maximumSampleCount: samples.count)
    var embedding = [Float](repeating: .nan, count: tower.embeddingDimension)
    var times: [Double] = []
    for _ in 0..<rounds {
      let start = seconds()
      tower.embed(samples, count: min(samples.count, tower.maximumSampleCount), into: &embedding)
      times.append(1000 * (seconds() - start))
    }
    times.sort()
    let work = Double(tower.multiplyAdds(sampleCount: samples.count)) / 1e9
    let median = times[times.count / 2]
    print(
      "\(file.configuration.kind): \(file.parameterCount) parameters, \(rounded(work)) G multiply-adds; median "
        + "\(rounded(median)) ms, best \(rounded(times[0])) ms, \(rounded(2000 * work / median)) GFLOP/s")
    writeFloats(embedding, output)
  }

  static func rounded(_ x: Double) -> Double { (x * 100).rounded() / 100 }

  static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  static func readFloats(_ path: String) -> [Float] {
    guard let file = fopen(path, "rb") else { fail("\(path): cannot be read") }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let count = ftell(file) / 4
    rewind(file)
    return [Float](unsafeUninitializedCapacity: count) { $1 = fread($0.baseAddress, 4, count, file) }
  }

  static func writeFloats(_ values: [Float], _ path: String) {
    guard let file = fopen(path, "wb") else { fail("\(path): cannot be written") }
    fwrite(values, 4, values.count, file)
    fclose(file)
  }

  static func fail(_ message: String) -> Never {
    let text = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(2)
  }
}
