import ArgumentParser
import Enhancement
import Ground

/// The options that choose by which networks recordings are heard from their end.
struct WayBackOptions: ParsableArguments {
  @Option(
    help: """
      A network that hears the recording from its end, which has a part in what is heard: wide, light, or a weights file; none: \
      the recording is heard as it comes alone, in less time. (default: the preset's, unless --model or --second-model is given)
      """,
    completion: .weights(or: DataFolders.backwardModels.map(\.name) + ["none"]))
  var backwardModel: String?

  @Option(
    help: """
      A second network that hears the recording from its end, of which and the first the mean is that part: wide, light, or a \
      weights file; none: the first alone. (default: the preset's, unless a network is named)
      """,
    completion: .weights(or: DataFolders.backwardModels.map(\.name) + ["none"]))
  var backwardSecondModel: String?

  func validate() throws {
    guard ![backwardModel, backwardSecondModel].contains("") else {
      throw ValidationError("a name is empty; is a variable of your shell not set?")
    }
    if backwardModel == "none", let backwardSecondModel, backwardSecondModel != "none" {
      throw ValidationError(
        "--backward-second-model \(backwardSecondModel) has no first beside it; leave it or --backward-model none out")
    }
  }

  /// The first of the options that names a network; nil: none does.
  private var namedOption: String? {
    [("--backward-model", backwardModel), ("--backward-second-model", backwardSecondModel)]
      .first { $0.1 != nil && $0.1 != "none" }?.0
  }

  /// Refuses what is of no use where a recording is not heard before it is enhanced.
  func refuseNetworks() throws {
    if let option = namedOption {
      throw Failure(.usage, "\(option) is for files; leave it out with --realtime and standard input")
    }
  }

  /// The weights files that are read for these options. What is none is left out: `add` says so.
  ///
  /// - Parameter standard: the preset where none is named.
  func filesRead(_ sound: SoundOptions, standard: String) -> [String] {
    let preset = try? PresetStore.preset(sound.preset ?? standard)
    let paths = try? self.paths(preset, sound)
    return [paths?.first, paths?.second].compactMap(\.self)
  }

  /// Gives a plan for recordings the networks of their way back.
  func add(to plan: inout Plan, _ sound: SoundOptions) throws {
    guard plan.settings.method != .wiener else {
      if let option = namedOption {
        throw Failure(.usage, "the method wiener runs no network; leave \(option) or --method wiener out")
      }
      return
    }
    guard let precision = plan.model?.precision else { return }
    let preset = try PresetStore.preset(sound.preset ?? SoundOptions.filePreset)
    let paths = try self.paths(preset, sound)
    guard let path = paths.first else { return }
    var backward = try EnhancementModel.opened(path, precision, hearsBackwards: true)
    if let second = paths.second {
      backward = try EnhancementModel(
        mean: backward, try EnhancementModel.opened(second, precision, hearsBackwards: true))
    }
    if !plan.learned.isEmpty {
      // What cannot remove what was learned would leave half of it; which of two voices speaks is not heard on the way back.
      guard let learning = backward.learning, plan.settings.learnedVoices == .always,
        plan.learned.allSatisfy(learning.hears)
      else { return }
      backward = learning
      plan.removedBackward = try backward.learnedTokens(plan.learned)
    }
    plan.backward = backward
  }

  /// Who names networks, of either way, means those alone.
  private func paths(_ preset: Preset?, _ sound: SoundOptions) throws -> (first: String?, second: String?) {
    let isNamed = sound.model != nil || sound.secondModel != nil
    func path(_ name: String?, _ standard: String?) throws -> String? {
      guard let name else { return standard }
      return name == "none" ? nil : try ModelStore.backwardPath(name)
    }
    let first = try path(backwardModel, isNamed ? nil : preset?.backwardModel)
    let second = try path(
      backwardSecondModel, isNamed || backwardModel != nil ? nil : preset?.backwardSecondModel)
    if first == nil, let backwardSecondModel, backwardSecondModel != "none" {
      throw Failure(
        .usage, "--backward-second-model \(backwardSecondModel) has no first beside it; name that with --backward-model"
      )
    }
    return (first, first == nil ? nil : second)
  }
}
