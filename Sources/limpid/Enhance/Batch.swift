import AudioFiles
import Foundation
import Synchronization

/// What became of one file.
struct FileResult: Sendable {
  let task: FileTask
  var report: FileReport?
  /// What its picture says in numbers; nil: there is none.
  var figure: FigureSummary?
  /// Why it, its noise profile or its picture is not there.
  private(set) var failure: Failure?
  /// With `--skip-done`: seconds of sound of an output that was there, made so; nil where it was to be made.
  var doneBefore: Double?

  init(task: FileTask) { self.task = task }

  /// Says what went wrong; the first thing counts.
  mutating func fail(_ failure: Failure) {
    Terminal.complain("error", failure.sentence)
    self.failure = self.failure ?? failure
  }
}

/// Runs the tasks of a command, several files at once; one file's failure does not keep the others from being done.
struct Batch: Sendable {
  let tasks: [FileTask]
  let plan: Plan
  let raw: RawPCM?
  let jobs: Int
  let force: Bool
  var live: LivePass?
  var isStrict = false
  /// Says also what is only unusual, and what an output could not keep.
  var isVerbose = false
  /// Where pictures go; nil: none are drawn.
  var figures: FigurePlan?
  /// Not nil: outputs that are done are not made again, and other processes may work on the same folder.
  var resumption: Resumption?
  /// Called as files end, in that order, from any thread.
  var ended: (@Sendable (FileResult) -> Void)?

  /// Results in the order of the tasks.
  func run() -> [FileResult] {
    let progress = Progress(totalSeconds: totalSeconds)
    let results = Mutex(tasks.map { FileResult(task: $0) })
    // What another process had is looked at again when all else is done: it is made by then, or that process is dead.
    let busy = Mutex<[Int]>([])
    func pass(over indices: [Int], waits: Bool) {
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: min(jobs, indices.count)) { _ in
        while true {
          let place = next.add(1, ordering: .relaxed).oldValue
          guard place < indices.count else { return }
          let index = indices[place]
          guard let result = one(tasks[index], progress, waits: waits) else {
            busy.withLock { $0.append(index) }
            continue
          }
          ended?(result)
          results.withLock { $0[index] = result }
        }
      }
    }
    pass(over: Array(tasks.indices), waits: false)
    let others = busy.withLock { $0.sorted() }
    if !others.isEmpty {
      if isVerbose {
        Terminal.complain(
          "note",
          "\(others.count) file\(others.count == 1 ? " is" : "s are") in other processes' hands; waiting for them")
      }
      pass(over: others, waits: true)
    }
    progress.finish()
    return results.withLock { $0 }
  }

  /// - Returns: nil where another process is at it.
  private func one(_ task: FileTask, _ progress: Progress, waits: Bool) -> FileResult? {
    var result = FileResult(task: task)
    if let failure = task.failure {
      result.fail(failure)
      return result
    }
    do {
      var force = force
      var making: OutputInTheMaking?
      var claim: OutputClaim?
      defer { withExtendedLifetime(claim) {} }
      if let resumption {
        claim = try resumption.claim(task, waits: waits)
        if claim == nil { return nil }
        switch try resumption.decide(task) {
        case .done(let seconds):
          progress.leaveOut(seconds)
          result.doneBefore = seconds
          return result
        case .make(let output):
          making = output
          force = output.overwrites
        }
      }
      let figure = figures?.recording(of: task)
      let report = try FileEnhancement(
        task: task, plan: plan, raw: raw, force: force, live: live, isStrict: isStrict, figure: figure, making: making
      ).run(progress)
      warn(task, report)
      result.report = report
      // The output has its name by now, whatever becomes of the noise profile and the picture.
      if let failure = report.profileFailure { result.fail(failure) }
      result.figure = try figure?.draw(report, plan)
      result.report?.figure = figure?.path
    } catch {
      result.fail(Failure(error))
    }
    return result
  }

  private func warn(_ task: FileTask, _ report: FileReport) {
    let name = task.input == "-" ? "standard input" : task.input
    for remark in report.damage { Terminal.complain("warning", "\(name): \(remark)") }
    if isVerbose {
      for remark in report.remarks where !report.damage.contains(remark) {
        Terminal.complain("note", "\(name): \(remark)")
      }
      if !report.notKept.isEmpty {
        Terminal.complain(
          "note", "\(task.output): not kept, as it has no place there: " + report.notKept.joined(separator: ", "))
      }
    }
    if let count = report.counts?.nonFiniteInputSamples, count > 0 {
      Terminal.complain("warning", "\(name): \(counted(count, "sample")) not finite, or beyond ±10^10, and taken as 0")
    }
    if report.clippedSamples > 0 {
      Terminal.complain(
        "warning",
        "\(task.output): \(counted(report.clippedSamples, "sample")) beyond full scale and clipped; "
          + "a quieter or a 32-bit float input would keep them")
    }
    if let count = report.counts?.fallbackFrames, count > 0 {
      Terminal.complain(
        "warning", "\(name): \(counted(count, "frame")) left noisy, as the model gave no finite result")
    }
    if let live = report.live?.counters, live.dry > 0 || live.late > 0 || live.referenceLate > 0 {
      let seconds = Double(live.drySamples) / Double(report.sampleRate)
      Terminal.complain(
        "warning",
        "\(name): \(counted(live.late, "frame")) late, and "
          + String(format: "%.2f s in %d span%@ left as delayed input", seconds, live.dry, live.dry == 1 ? "" : "s"))
    }
  }

  /// "1 sample was", "2 samples were"
  private func counted(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun) was" : "\(number) \(noun)s were"
  }

  /// nil when a pipe's length is not known; files that cannot be opened count 0, their error comes later.
  private var totalSeconds: Double? {
    guard Terminal.showsProgress, !tasks.contains(where: { $0.input == "-" }) else { return nil }
    return tasks.reduce(0.0) { sum, task in
      guard !FFmpegReader.extensions.contains(FileName.suffix(task.input)),
        let reader = try? AudioFileReader(path: task.input), let count = reader.sampleCount
      else {
        return sum
      }
      return sum + Double(count) / Double(reader.format.sampleRate)
    }
  }
}
