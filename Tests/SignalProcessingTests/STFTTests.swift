import Glibc
import KernelLevels
import SignalProcessing
import Testing
import TestSupport

/// All frames of `samples`, (K, 161, 2), and their energies.
private func analyse(_ samples: [Float], fft: Int = 320, hop: Int = 160) -> (bins: [Float], energies: [Float]) {
  var analysis = STFTAnalysis(fftLength: fft, hopLength: hop)
  var bins: [Float] = []
  var energies: [Float] = []
  samples.withUnsafeBufferPointer {
    for start in stride(from: 0, to: samples.count, by: hop) {
      analysis.push($0.baseAddress! + start)
      bins += UnsafeBufferPointer(start: analysis.bins, count: 2 * analysis.binCount)
      energies.append(analysis.energy)
    }
  }
  return (bins, energies)
}

private func synthesise(_ bins: [Float], fft: Int = 320, hop: Int = 160) -> [Float] {
  var synthesis = STFTSynthesis(fftLength: fft, hopLength: hop)
  let width = 2 * synthesis.binCount
  var samples = [Float](repeating: .nan, count: bins.count / width * hop)
  samples.withUnsafeMutableBufferPointer { samples in
    bins.withUnsafeBufferPointer {
      for k in 0..<bins.count / width {
        synthesis.push($0.baseAddress! + k * width, into: samples.baseAddress! + k * hop)
      }
    }
  }
  return samples
}

@Suite struct STFTTests {
  @Test func `the window is SciPy's`() throws {
    var window = [Float](repeating: .nan, count: 320)
    Window.squareRootHann(320, into: &window)
    #expect(try largestDifference(window, golden("window")).difference <= tolerance("window"))
    for n in 0..<160 { #expect(abs(window[n] * window[n] + window[n + 160] * window[n + 160] - 1) < 2e-7) }
  }

  @Test func `bins and energies are NumPy's`() throws {
    try atEveryKernelLevel {
      let result = analyse(try golden("stft-input"))
      #expect(try largestDifference(result.bins, golden("stft-bins")).difference <= tolerance("stft-bins"))
      let worst = try largestRelativeDifference(result.energies, golden("stft-energy"), floor: 1e-6)
      #expect(try worst <= tolerance("stft-energy"))
    }
  }

  @Test func `the energy is Parseval's sum over the bins`() throws {
    let result = analyse(try golden("stft-input"))
    for (k, energy) in result.energies.enumerated() {
      var sum = 0.0
      for b in 0...160 {
        let re = Double(result.bins[2 * (161 * k + b)])
        let im = Double(result.bins[2 * (161 * k + b) + 1])
        sum += (b == 0 || b == 160 ? 1 : 2) * (re * re + im * im)
      }
      #expect(abs(Double(energy) - 2 * sum / (320 * 320)) <= 1e-6 * max(Double(energy), 1e-6))
    }
  }

  @Test func `the inverse is NumPy's for bins no real signal gives, edge imaginary parts ignored`() throws {
    try atEveryKernelLevel {
      let output = synthesise(try golden("istft-bins"))
      #expect(try largestDifference(output, golden("istft-output")).difference <= tolerance("istft-output"))
    }
  }

  @Test(arguments: [(320, 160), (320, 80), (512, 128), (64, 32), (8, 2)])
  func `analysis and synthesis reconstruct one frame minus one hop later`(_ fft: Int, _ hop: Int) {
    atEveryKernelLevel {
      var noise = SplitMix(UInt64(fft + hop))
      let count = 40 * hop
      var signals = [noise.samples(count)]
      signals.append((0..<count).map { $0 % 2 == 0 ? 1 : -1 })  // the last bin alone
      signals.append([Float](repeating: 1, count: count))  // the first alone
      signals.append((0..<count).map { $0 == 7 * hop + 3 ? 1 : 0 })
      signals.append([Float](repeating: 0, count: count))
      signals.append((0..<count).map { $0 % 3 == 0 ? 0.25 : -1 })
      let delay = fft - hop
      for signal in signals {
        let output = synthesise(analyse(signal, fft: fft, hop: hop).bins, fft: fft, hop: hop)
        let expected = [Float](repeating: 0, count: delay) + signal.dropLast(delay)
        #expect(largestDifference(output, expected).difference <= 6e-7)
      }
    }
  }

  @Test func `every bin alone comes back as itself`() {
    // Steady bins at the frame's frequencies: analysis of the synthesis of a cosine.
    for b in 0...160 {
      let signal = (0..<8 * 160).map { n in
        Float(cos(2 * Double.pi * Double(b * n % 320) / 320 + (b % 160 == 0 ? 0 : 0.3)))
      }
      let output = synthesise(analyse(signal).bins)
      let expected = [Float](repeating: 0, count: 160) + signal.dropLast(160)
      #expect(largestDifference(output, expected).difference <= 6e-7, "bin \(b)")
    }
  }

  @Test func `an output sample depends on the newest frame at the earliest`() {
    var noise = SplitMix(5)
    var signal = noise.samples(1600)
    let before = synthesise(analyse(signal).bins)
    for n in 800..<1600 { signal[n] = noise.sample() }
    let after = synthesise(analyse(signal).bins)
    // The hop from push 5 on may change: samples from 800 − 160 of the input's time, 800 of the output's.
    #expect(bits(Array(before[..<800])) == bits(Array(after[..<800])))
    #expect(before[801...] != after[801...])
  }

  @Test func `reset gives the same bits again`() throws {
    let signal = Array(try golden("stft-input").prefix(1600))
    var analysis = STFTAnalysis()
    var synthesis = STFTSynthesis()
    var runs: [[Float]] = []
    for _ in 0..<2 {
      var output = [Float](repeating: .nan, count: 1600)
      for k in 0..<10 {
        signal.withUnsafeBufferPointer { analysis.push($0.baseAddress! + 160 * k) }
        output.withUnsafeMutableBufferPointer {
          synthesis.push(analysis.bins, into: $0.baseAddress! + 160 * k)
        }
      }
      runs.append(output)
      analysis.reset()
      synthesis.reset()
      #expect(analysis.energy == 0 && analysis.bins[6] == 0)
    }
    #expect(bits(runs[0]) == bits(runs[1]))
  }

  @Test func `a sample that is not a number is gone after the frames that hold it`() {
    var noise = SplitMix(6)
    var signal = noise.samples(1600)
    let clean = synthesise(analyse(signal).bins)
    signal[500] = .nan
    let output = synthesise(analyse(signal).bins)
    // It is in frames 3 and 4, which reach the output's hops 3, 4 and 5.
    #expect(bits(Array(output[..<480])) == bits(Array(clean[..<480])))
    #expect(bits(Array(output[960...])) == bits(Array(clean[960...])))
    #expect(output[700].isNaN)
  }

  @Test func `transforms may be made and destroyed on many threads at once`() async {
    let sums = await withTaskGroup(of: Float.self, returning: [Float].self) { group in
      for _ in 0..<8 {
        group.addTask {
          var sum: Float = 0
          for round in 0..<20 {
            let signal = (0..<960).map { Float($0 % (round + 3)) }
            sum += synthesise(analyse(signal).bins).reduce(0, +)
          }
          return sum
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(sums).count == 1)
  }

  @Test func `a hop that does not divide the frame is the caller's mistake`() async {
    await #expect(processExitsWith: .failure) { _ = STFTAnalysis(fftLength: 320, hopLength: 100) }
  }
}
