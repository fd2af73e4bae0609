// Reads mutated sound files until all are read or one shows a fault; tools/fuzz/audio compiles it with the readers' own
// sources and the mutations of the tests.
import Foundation

/// For the signal handler: which file is read.
nonisolated(unsafe) var current: Int32 = -1

/// A trap, or a file that takes more than ten seconds: says which, and ends.
func stop(_ signal: Int32) {
  var digits: [UInt8] = []
  var number = current
  repeat {
    digits.insert(UInt8(48 + number % 10), at: 0)
    number /= 10
  } while number > 0
  let text = Array((signal == SIGALRM ? "hang at file " : "trap at file ").utf8) + digits + [10]
  _ = text.withUnsafeBytes { write(1, $0.baseAddress!, $0.count) }
  _exit(1)
}

@main
struct AudioFuzzer {
  static func main() throws {
    let arguments = CommandLine.arguments
    let first = Int(arguments[1])!
    let count = Int(arguments[2])!
    let seed = UInt64(arguments[3])!
    let folder = arguments[4]
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] { signal(number, stop) }
    let originals = try SoundOriginal.all(in: folder)
    let start = Date()
    var faults = 0
    var outcomes: [SoundMutation.Outcome: Int] = [:]
    for number in first..<(first + count) {
      current = Int32(number)
      alarm(10)
      let mutation = SoundMutation(number, of: originals, seed: seed)
      let (outcome, fault) = try mutation.read(folder + "/mutant")
      outcomes[outcome, default: 0] += 1
      if let fault {
        faults += 1
        print("file \(number): \(mutation.original.name), \(mutation.kind): \(fault)")
        if faults == 50 { break }
      }
    }
    alarm(0)
    for outcome in SoundMutation.Outcome.allCases { print("\(outcome): \(outcomes[outcome] ?? 0)") }
    print("\(count) files from \(first), seed \(seed): \(faults) faults, \(Int(Date().timeIntervalSince(start))) s")
    if faults > 0 { exit(1) }
  }
}
