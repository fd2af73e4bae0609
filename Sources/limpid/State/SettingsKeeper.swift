import Enhancement
import Foundation

/// How a run stands, as far as the next one is to know of it.
struct Standing: Equatable {
  var settings: EnhancementSettings
  var isFrozen = false
  /// What was learned live.
  var learned: LearnedNoise?
  /// What else is removed, by name.
  var removed: [String] = []
  /// What somebody has decided about since the start.
  var decided: LeftParts = []
}

/// Keeps the settings for the next run: soon after a change, and at the end. Main thread.
final class SettingsKeeper {
  private let store: StateStore
  private let preset: String
  private let unused: UnusedSettings
  /// What the run began with; nil: nothing is unused.
  private let start: EnhancementSettings?
  /// What changes, and since when; nil: it stands in the file.
  private var noted: Standing?
  private var unsaved: Double?
  /// Whether the noise that is frozen was written since the start.
  private var hasKeptProfile = false
  /// Why it could not be kept, a sentence.
  private(set) var problem: String?
  /// Seconds that a change has to last: `+ + +` is one change.
  var delay = 2.0

  /// - Parameters:
  ///   - unused: what this run has no use for, and the next one is to find as it was.
  ///   - start: what the run begins with.
  init(store: StateStore, preset: String, unused: UnusedSettings = UnusedSettings(), start: EnhancementSettings? = nil)
  {
    self.store = store
    self.preset = preset
    self.unused = unused
    self.start = start
  }

  convenience init(store: StateStore, plan: LivePlan) {
    self.init(store: store, preset: plan.preset, unused: plan.unused, start: plan.settings)
  }

  /// Tells how things stand; writes them once they have changed and then stayed.
  ///
  /// - Parameter profile: gives the noise heard; asked only where it is kept.
  func note(_ standing: Standing, profile: () -> NoiseProfile?) {
    let now = ProcessInfo.processInfo.systemUptime
    if noted == standing {
      if let since = unsaved, now - since >= delay { save(standing, standing.isFrozen ? profile() : nil) }
    } else {
      if noted != nil { unsaved = now }
      noted = standing
    }
  }

  /// Writes it now.
  ///
  /// - Parameter profile: the noise heard, where it is kept.
  func save(_ standing: Standing, _ profile: NoiseProfile?) {
    unsaved = nil
    var left = unused.parts
    // A worker that did not answer in time says nothing of the noise that it keeps.
    if standing.isFrozen && profile == nil { left.insert(.profile) }
    left.subtract(standing.decided)
    // What was decided on since the start may be in the file already.
    if standing.isFrozen && hasKeptProfile { left.insert(.profile) }
    var kept = RememberedSettings(
      preset: preset, settings: standing.settings, profile: profile, learned: standing.learned,
      removed: standing.removed.filter(Self.isName) + (left.contains(.names) ? unused.names : []))
    if let start { keepUnused(&kept.settings, start) }
    do {
      try store.save(kept, leaving: left)
      hasKeptProfile = standing.isFrozen && (hasKeptProfile || profile != nil)
      problem = nil
    } catch {
      // Foundation's words are for programmers.
      let reason =
        (error as? NoiseProfileError)?.description ?? (error as? LearnedNoiseError)?.description
        ?? "this folder cannot be written to; check its permissions, and make room"
      problem = "the settings could not be kept in \(store.folder.path): \(reason)"
    }
  }

  /// Settings that this run has no use for, and that nobody has changed.
  private func keepUnused(_ settings: inout EnhancementSettings, _ start: EnhancementSettings) {
    for (key, text) in unused.settings {
      guard let setting = try? EnhancementSetting(key: key), setting.text(of: settings) == setting.text(of: start)
      else { continue }
      // It was read from the file, so it is a value.
      try? setting.set(text, in: &settings)
    }
  }

  /// Not what --remove was given a file for.
  private static func isName(_ text: String) -> Bool {
    (try? ProfileStore.check(text)) != nil && !LearnedSound.isFile(text)
  }
}
