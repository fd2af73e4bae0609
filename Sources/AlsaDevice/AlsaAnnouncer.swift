import Realtime
import Synchronization

/// Passes on to a processor, from an ordinary thread, what the device's thread has reported. One thread.
struct AlsaAnnouncer {
  private var xruns = 0
  private var drifts = 0
  private var saidClockless = false

  mutating func announce(_ report: AlsaReport, to processor: any BlockProcessor) {
    let now = report.xruns.load(ordering: .acquiring)
    while xruns < now {
      xruns += 1
      processor.note(.xrun)
    }
    let measured = report.driftCount.load(ordering: .acquiring)
    if measured > drifts {
      drifts = measured
      processor.note(.clockDrift(ppm: Double(bitPattern: report.drift.load(ordering: .relaxed))))
    }
    if !saidClockless, report.isClockless.load(ordering: .acquiring) {
      saidClockless = true
      processor.note(.freewheel(true))
      processor.note(
        .remark("the device has no clock of its own, so blocks come as fast as they are enhanced, and none is late"))
    }
  }
}
