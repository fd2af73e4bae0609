import Foundation

private struct WaitedInVain: Error, CustomStringConvertible {
  let what: String
  var description: String { "waited 30 s for \(what)" }
}

/// Waits for a condition, at most 30 s: as long as any sane machine takes.
package func wait(_ what: String, until condition: () throws -> Bool) throws {
  let limit = ContinuousClock.now + .seconds(30)
  while ContinuousClock.now < limit {
    if try condition() { return }
    usleep(5000)
  }
  throw WaitedInVain(what: what)
}
