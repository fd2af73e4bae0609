import Enhancement
import Foundation

/// Keeps the settings for the next run: soon after a change, and at the end. Main thread.
final class SettingsKeeper {
  private let store: StateStore
  private let preset: String
  /// What changes, and since when; nil: it stands in the file.
  private var noted: (settings: EnhancementSettings, isFrozen: Bool, learned: LearnedNoise?)?
  private var unsaved: Double?
  /// Why it could not be kept, a sentence.
  private(set) var problem: String?
  /// Seconds that a change has to last: `+ + +` is one change.
  var delay = 2.0

  init(store: StateStore, preset: String) {
    self.store = store
    self.preset = preset
  }

  /// Tells how things stand; writes them once they have changed and then stayed.
  ///
  /// - Parameter profile: gives the noise heard; asked only where it is kept.
  func note(_ settings: EnhancementSettings, isFrozen: Bool, learned: LearnedNoise? = nil, profile: () -> NoiseProfile?)
  {
    let now = ProcessInfo.processInfo.systemUptime
    if let noted, noted.settings == settings, noted.isFrozen == isFrozen, noted.learned == learned {
      if let since = unsaved, now - since >= delay { save(settings, isFrozen ? profile() : nil, learned) }
    } else {
      if noted != nil { unsaved = now }
      noted = (settings, isFrozen, learned)
    }
  }

  /// Writes it now.
  func save(_ settings: EnhancementSettings, _ profile: NoiseProfile?, _ learned: LearnedNoise? = nil) {
    unsaved = nil
    do {
      try store.save(RememberedSettings(preset: preset, settings: settings, profile: profile, learned: learned))
      problem = nil
    } catch {
      // Foundation's words are for programmers.
      let reason =
        (error as? NoiseProfileError)?.description ?? (error as? LearnedNoiseError)?.description
        ?? "this folder cannot be written to; check its permissions, and make room"
      problem = "the settings could not be kept in \(store.folder.path): \(reason)"
    }
  }
}
