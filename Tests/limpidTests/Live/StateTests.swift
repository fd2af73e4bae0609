import Enhancement
import Foundation
import Realtime
import SignalProcessing
import Testing
import TestSupport

@testable import limpid

/// limpid live: what the last run left.
@Suite struct StateTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func store(_ device: String = "jack-limpid") -> StateStore {
    StateStore(device: device, environment: ["XDG_STATE_HOME": scratch.url.path])
  }

  private var settings: RememberedSettings {
    var settings = EnhancementSettings()
    settings.bypass = true
    settings.attenuationLimitInDecibels = 12
    settings.mix = 0.5
    settings.guidance = 1.5
    settings.steps = 2
    return RememberedSettings(preset: "gentle", settings: settings, profile: nil)
  }

  private func profile(_ value: Float = 0.25) throws -> NoiseProfile {
    try NoiseProfile(magnitudes: [Float](repeating: value, count: 30 * FrameFormat.standard.modelBinCount))
  }

  @Test func `what is saved is loaded, with and without a noise profile`() throws {
    var saved = settings
    for profile in [nil, try profile(), nil] {
      saved.profile = profile
      try store().save(saved)
      #expect(store().load { Issue.record("\($0)") } == saved)
    }
    saved.settings.attenuationLimitInDecibels = nil
    try store().save(saved)
    #expect(store().load { Issue.record("\($0)") } == saved)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store().folder.path) == ["jack-limpid.json"])
  }

  @Test func `nothing was left, nothing is said`() { #expect(store().load { Issue.record("\($0)") } == nil) }

  @Test(arguments: [
    "", "{", "[]", "null", "{\"preset\": 1}",
    "{\"preset\":\"live\",\"bypass\":false,\"mix\":2,\"guidance\":1,\"steps\":1}",
    "{\"preset\":\"live\",\"bypass\":false,\"mix\":1,\"guidance\":1,\"steps\":99}",
    "{\"preset\":\"live\",\"bypass\":false,\"mix\":1,\"guidance\":-1,\"steps\":1}",
    "{\"preset\":\"\",\"bypass\":false,\"mix\":1,\"guidance\":1,\"steps\":1}",
    "{\"preset\":\"live\",\"bypass\":false,\"mix\":1e400,\"guidance\":1,\"steps\":1}", "\u{0}\u{1}",
  ])
  func `a damaged file is ignored with one remark`(text: String) throws {
    try scratch.write(Data(text.utf8), "limpid/jack-limpid.json")
    var remarks: [String] = []
    #expect(store().load { remarks.append($0) } == nil)
    #expect(remarks.count == 1 && remarks[0].contains("jack-limpid.json"), "\(remarks)")
  }

  @Test func `of a file cut anywhere nothing is used, or all of it`() throws {
    try store().save(settings)
    let data = try Data(contentsOf: store().file)
    for count in 0..<data.count {
      try data.prefix(count).write(to: store().file)
      var remarks = 0
      let loaded = store().load { _ in remarks += 1 }
      #expect(loaded == nil ? remarks == 1 : loaded == settings)
    }
  }

  @Test func `a damaged noise profile is left out with a remark, the rest is used`() throws {
    var saved = settings
    saved.profile = try profile()
    try store().save(saved)
    try Data("rubbish".utf8).write(to: store().profileFile)
    var remarks: [String] = []
    saved.profile = nil
    #expect(store().load { remarks.append($0) } == saved)
    #expect(remarks.count == 1)
  }

  @Test func `each device has a file of its own, whatever its name`() throws {
    let names = [
      "alsa-hw:1,0", "alsa-hw:1_0", "alsa-hw%3A1%2C0", "alsa-HW:1,0", "../../etc/passwd", "/", "", "a\u{0}b", "ä",
      "a\nb",
      String(repeating: "x", count: 300), String(repeating: "x", count: 301), String(repeating: ":", count: 80),
    ]
    let files = names.map { store($0).file.path }
    #expect(Set(files).count == names.count)
    for file in files {
      #expect(file.hasPrefix(scratch.path("limpid") + "/"))
      #expect(!file.dropFirst((scratch.path("limpid") + "/").count).contains("/") && file.utf8.count < 4096)
    }
    for name in names { try store(name).save(settings) }
    for name in names { #expect(store(name).load { Issue.record("\($0)") } == settings) }
  }

  @Test func `the folder is the XDG state folder, by its rules`() {
    func folder(_ environment: [String: String]) -> String {
      StateStore(device: "d", environment: environment).folder.path
    }
    #expect(folder(["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/limpid")
    #expect(folder(["HOME": "/h"]) == "/h/.local/state/limpid")
    #expect(folder(["XDG_STATE_HOME": "", "HOME": "/h"]) == "/h/.local/state/limpid")
    #expect(folder(["XDG_STATE_HOME": "relative", "HOME": "/h"]) == "/h/.local/state/limpid")
  }

  @Test func `writing leaves a whole file and nothing beside it; the folder is the owner's`() throws {
    for steps in 1...8 {
      var saved = settings
      saved.settings.steps = steps
      try store().save(saved)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: store().folder.path) == ["jack-limpid.json"])
    var status = stat()
    #expect(lstat(store().folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    // A reader that opened the file before a change goes on reading the old one: it was replaced, not written over.
    let before = try FileHandle(forReadingFrom: store().file)
    var saved = settings
    saved.settings.mix = 0.125
    try store().save(saved)
    let old = try JSONDecoder().decode(RememberedSettings.self, from: before.readDataToEndOfFile())
    #expect(old.settings.steps == 8 && old.settings.mix == 0.5)
  }

  @Test func `a change is kept soon after, the noise with it only while it is frozen`() throws {
    let keeper = SettingsKeeper(store: store(), preset: "live")
    keeper.delay = 0
    var now = EnhancementSettings()
    var asked = 0
    let noise = try profile()
    func note(isFrozen: Bool = false) {
      keeper.note(Standing(settings: now, isFrozen: isFrozen)) {
        asked += 1
        return noise
      }
    }
    note()
    note()
    #expect(store().load { _ in } == nil, "what it began with is no change")
    now.steps = 3
    note()
    #expect(store().load { _ in } == nil, "it has to last")
    note()
    #expect(store().load { _ in }?.settings.steps == 3)
    #expect(asked == 0 && store().load { _ in }?.profile == nil)
    note(isFrozen: true)
    note(isFrozen: true)
    note(isFrozen: true)
    #expect(asked == 1, "asking interrupts the worker: once a change")
    #expect(store().load { _ in }?.profile == noise)
    #expect(keeper.problem == nil)
  }

  private func learned() throws -> LearnedNoise {
    var random = Random(3)
    return try LearnedNoise(samples: (0..<16_000).map { _ in 0.1 * random.sample() }, sampleRate: 16_000)
  }

  /// A last run with everything, and a run after it with these options.
  private func runAfter(_ options: [String]) throws -> (
    saved: RememberedSettings, plan: LivePlan, keeper: SettingsKeeper
  ) {
    var saved = settings
    saved.preset = "live"
    saved.settings.networks = .first
    saved.profile = try profile()
    saved.learned = try learned()
    saved.removed = ["tv"]
    try store().save(saved)
    let loaded = store().load { Issue.record("\($0)") }
    let plan = try LivePlan(try LiveArguments.parse(options), remembered: loaded, profile: { _ in try learned() })
    return (saved, plan, SettingsKeeper(store: store(), plan: plan))
  }

  /// One run with --model light took what was learned with it, one with --method wiener the kept noise, too, and one with
  /// --second-model none the choice of networks.
  @Test(arguments: [["--model", identity], ["--method", "wiener"], ["--second-model", "none", "--model", identity]])
  func `what a run cannot use of the last one is there for the next one`(options: [String]) throws {
    let (saved, plan, keeper) = try runAfter(options)
    #expect(plan.options.learnedLive == nil && plan.options.learned.isEmpty)
    let usesProfile = plan.options.noiseProfile != nil
    #expect(usesProfile == (plan.model != nil))
    keeper.save(
      Standing(settings: plan.settings, isFrozen: usesProfile), usesProfile ? plan.options.noiseProfile : nil)
    let next = try #require(store().load { Issue.record("\($0)") })
    #expect(next.learned == saved.learned && next.profile == saved.profile && next.removed == ["tv"])
    #expect(next.settings.networks == .first && next.settings.steps == 2 && keeper.problem == nil)
    #expect(next == saved)
  }

  @Test func `what somebody decides about goes, also where this run cannot use it`() throws {
    for (line, isLearned, isKept, names) in [
      ("forget", false, false, []), ("learn 1", false, false, ["tv"]), ("clear", true, false, ["tv"]),
      ("freeze off", true, false, ["tv"]), ("bypass off", true, true, ["tv"]), ("use", true, true, []),
    ] as [(String, Bool, Bool, [String])] {
      let (_, plan, keeper) = try runAfter(["--method", "wiener"])
      let controls = NotedControls(StandIn())
      #expect(ControlProtocol(controls: controls, quit: {}).answer(line) == "ok")
      keeper.save(Standing(settings: plan.settings, decided: controls.decided), nil)
      let next = try #require(store().load { Issue.record("\($0)") })
      #expect((next.learned != nil) == isLearned && (next.profile != nil) == isKept && next.removed == names, "\(line)")
    }
    let (_, plan, keeper) = try runAfter(["--model", identity])
    var now = plan.settings
    now.networks = .second
    keeper.save(Standing(settings: now), nil)
    #expect(store().load { _ in }?.settings.networks == .second)
    #expect(store().load { _ in }?.profile == nil, "it was used, and is frozen no longer")
    let refused = NotedControls(StandIn())
    #expect(throws: LiveError.self) { try refused.send(.guidance(7)) }
    #expect(refused.decided == [])
  }

  @Test func `a frozen noise that the worker does not tell in time stays as it was kept`() throws {
    let (saved, plan, keeper) = try runAfter(["--model", identity])
    keeper.save(Standing(settings: plan.settings, isFrozen: true), nil)
    #expect(store().load { _ in }?.profile == saved.profile)
    keeper.save(Standing(settings: plan.settings, isFrozen: true, decided: .profile), nil)
    #expect(store().load { _ in }?.profile == nil, "it is another one by now")
  }

  /// It was written when the key was pressed, and removed at the end.
  @Test func `a frozen noise that was kept since the start stays where the worker does not tell it again`() throws {
    let keeper = SettingsKeeper(store: store(), preset: "live")
    let standing = Standing(settings: EnhancementSettings(), isFrozen: true, decided: .profile)
    let noise = try profile()
    keeper.save(standing, noise)
    keeper.save(standing, nil)
    #expect(store().load { _ in }?.profile == noise)
    keeper.save(Standing(settings: EnhancementSettings(), decided: .profile), nil)
    keeper.save(standing, nil)
    #expect(store().load { _ in }?.profile == nil, "another one is frozen by now")
  }

  /// What was learned and the kept noise were never read, and removed at the end.
  @Test func `damaged settings take nothing beside them along, and are put aside`() throws {
    var saved = settings
    saved.profile = try profile()
    saved.learned = try learned()
    try store().save(saved)
    try Data("{".utf8).write(to: store().file)
    var remarks: [String] = []
    let loaded = try #require(store().load { remarks.append($0) })
    #expect(loaded.profile == saved.profile && loaded.learned == saved.learned)
    #expect(remarks.count == 1 && remarks[0].hasSuffix("it is kept as jack-limpid.json.damaged"), "\(remarks)")
    #expect(try Data(contentsOf: store().damagedFile) == Data("{".utf8))
    let plan = try LivePlan(try LiveArguments.parse(["--model", identity, "--mix", "0.25"]), remembered: loaded)
    #expect(plan.settings.mix == 0.25 && !plan.settings.bypass && plan.settings.attenuationLimitInDecibels == nil)
    SettingsKeeper(store: store(), plan: plan).save(Standing(settings: plan.settings, isFrozen: true), loaded.profile)
    let next = try #require(store().load { Issue.record("\($0)") })
    #expect(next.learned == saved.learned && next.profile == saved.profile && next.settings.mix == 0.25)
  }

  @Test func `names that are removed are kept, files that were named with --remove are not`() throws {
    let keeper = SettingsKeeper(store: store(), preset: "live")
    keeper.save(Standing(settings: EnhancementSettings(), removed: ["tv", "./a.wav", "radio.1"]), nil)
    #expect(store().load { Issue.record("\($0)") }?.removed == ["tv", "radio.1"])
    keeper.save(Standing(settings: EnhancementSettings()), nil)
    #expect(store().load { Issue.record("\($0)") }?.removed == [])
    #expect(try !String(contentsOf: store().file, encoding: .utf8).contains("removed"))
  }

  @Test func `where nothing can be kept, that is a sentence and no end`() throws {
    try scratch.write(Data(), "limpid")
    let keeper = SettingsKeeper(store: store(), preset: "live")
    keeper.save(Standing(settings: EnhancementSettings()), nil)
    #expect(keeper.problem?.contains(scratch.path("limpid")) == true)
    #expect(keeper.problem?.contains("cannot be written to") == true && keeper.problem?.contains("NSCocoa") == false)
  }
}
