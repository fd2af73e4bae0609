import ArgumentParser
import Enhancement
import Foundation
import Recording
import SignalProcessing
import Testing
import TestSupport

@testable import limpid

/// limpid live: preset, last run and command line.
@Suite struct PlanTests {
  let scratch: Scratch
  let preset: String
  init() throws {
    scratch = try Scratch()
    preset = try scratch.write(Data("model = \"\(identity)\"\nattenuation-limit = 20\nsteps = 2\n".utf8), "own.toml")
  }

  private func plan(
    _ options: [String], _ remembered: RememberedSettings? = nil
  ) throws -> (plan: LivePlan, remarks: [String]) {
    var remarks: [String] = []
    let arguments = try LiveArguments.parse(options)
    return (try LivePlan(arguments, remembered: remembered) { remarks.append($0) }, remarks)
  }

  private func last(_ preset: String, _ change: (inout EnhancementSettings) -> Void) -> RememberedSettings {
    var settings = EnhancementSettings()
    change(&settings)
    return RememberedSettings(preset: preset, settings: settings, profile: nil)
  }

  private func noise() throws -> NoiseProfile {
    try NoiseProfile(magnitudes: [Float](repeating: 0.5, count: 30 * FrameFormat.standard.modelBinCount))
  }

  @Test func `without a last run the preset's values hold, and nothing is said`() throws {
    let (plan, remarks) = try plan(["--preset", preset])
    #expect(plan.settings.attenuationLimitInDecibels == 20 && plan.settings.steps == 2 && remarks.isEmpty)
    #expect(plan.preset == preset)
  }

  @Test func `the last run's values are used, and said in one line`() throws {
    let (plan, remarks) = try plan(
      [],
      last(preset) {
        $0.bypass = true
        $0.attenuationLimitInDecibels = 12
        $0.mix = 0.5
        $0.guidance = 1.5
        $0.steps = 4
      })
    #expect(plan.preset == preset && plan.model?.path == identity)
    #expect(plan.settings.bypass && plan.settings.attenuationLimitInDecibels == 12 && plan.settings.mix == 0.5)
    #expect(plan.settings.guidance == 1.5 && plan.settings.steps == 4)
    #expect(remarks.count == 1)
    for word in ["last run", preset, "bypass on", "limit 12", "mix 0.5", "guidance 1.5", "4 steps", "--fresh"] {
      #expect(remarks[0].contains(word), "\(remarks)")
    }
  }

  /// A setting that is new in a version would have made what everybody's last run left "damaged".
  @Test func `what was left before a setting existed is used, and that setting stays the preset's`() throws {
    let text = #"{"preset":"\#(preset)","bypass":true,"mix":0.5,"guidance":1.5}"#
    let older = try JSONDecoder().decode(RememberedSettings.self, from: Data(text.utf8))
    let (plan, remarks) = try plan([], older)
    #expect(plan.settings.steps == 2 && plan.settings.bypass && plan.settings.mix == 0.5)
    #expect(remarks.count == 1 && !remarks[0].contains("step"), "\(remarks)")
  }

  @Test func `a limit that was switched off stays off`() throws {
    let (plan, remarks) = try plan([], last(preset) { $0.steps = 2 })
    #expect(plan.settings.attenuationLimitInDecibels == nil)
    #expect(remarks.count == 1 && remarks[0].contains("no limit"))
  }

  @Test func `options on the command line win; what they say is not said of the last run`() throws {
    let (plan, remarks) = try plan(
      ["--steps", "3", "--attenuation-limit", "6", "--mix", "0.25", "--guidance", "2"],
      last(preset) {
        $0.attenuationLimitInDecibels = 12
        $0.mix = 0.5
        $0.guidance = 1.5
        $0.steps = 4
      })
    #expect(plan.settings.steps == 3 && plan.settings.attenuationLimitInDecibels == 6)
    #expect(plan.settings.mix == 0.25 && plan.settings.guidance == 2)
    #expect(remarks.count == 1 && !remarks[0].contains("steps") && !remarks[0].contains("limit"), "\(remarks)")
  }

  @Test func `a preset on the command line brings its own values`() throws {
    let (plan, remarks) = try plan(["-p", preset], last("live") { $0.attenuationLimitInDecibels = 3 })
    #expect(plan.settings.attenuationLimitInDecibels == 20 && remarks.isEmpty)
  }

  /// It once would not start again until --fresh was given.
  @Test func `a preset that is gone is said, and the standard one used`() throws {
    let (plan, remarks) = try plan(["--model", identity], last(scratch.path("gone.toml")) { $0.mix = 0.5 })
    #expect(plan.preset == "live" && plan.settings.mix == 0.5)
    #expect(remarks.contains { $0.contains("gone.toml") }, "\(remarks)")
    #expect(remarks.count == 2)
  }

  @Test func `the noise kept then is used frozen, unless another is given or the method has none`() throws {
    var remembered = last(preset) { _ in }
    remembered.profile = try noise()
    let kept = try plan([], remembered).plan
    #expect(kept.options.noiseProfile == remembered.profile && kept.options.freezesNoiseReference)
    let other = try NoiseProfile(magnitudes: [Float](repeating: 0.125, count: 40 * FrameFormat.standard.modelBinCount))
    try other.save(to: scratch.path("other.safetensors"))
    let given = try plan(["--noise-profile", scratch.path("other.safetensors")], remembered).plan
    #expect(given.options.noiseProfile == other)
    let wiener = try plan(["--method", "wiener"], remembered).plan
    #expect(wiener.options.noiseProfile == nil && !wiener.options.freezesNoiseReference)
    let none = try plan([], last(preset) { _ in }).plan
    #expect(none.options.noiseProfile == nil && !none.options.freezesNoiseReference)
  }

  /// They were forgotten with every restart of the virtual microphone.
  @Test func `names that the last run removed are removed again; one that is gone is said`() throws {
    var random = Random(3)
    let noise = try LearnedNoise(samples: (0..<16_000).map { _ in 0.1 * random.sample() }, sampleRate: 16_000)
    var remembered = last("live") { _ in }
    remembered.removed = ["tv", "gone", "radio"]
    func plan(_ options: [String]) throws -> (LivePlan, [String]) {
      var remarks: [String] = []
      let plan = try LivePlan(
        try LiveArguments.parse(["--model", learning, "--second-model", "none"] + options), remembered: remembered,
        remark: { remarks.append($0) },
        profile: { if $0 == "gone" { throw Failure(.configuration, "nothing is called so") } else { return noise } })
      return (plan, remarks)
    }
    let (again, remarks) = try plan([])
    #expect(again.options.learnedNames == ["tv", "radio"] && again.options.learned == [noise, noise])
    #expect(again.unused.names == [])
    #expect(remarks.count == 2, "\(remarks)")
    #expect(remarks.contains { $0.contains("'gone'") && $0.contains("nothing is called so") }, "\(remarks)")
    #expect(remarks.contains { $0.contains("tv and radio removed") }, "\(remarks)")
    let sound = scratch.path("hum.safetensors")
    try noise.save(to: sound)
    let (given, _) = try plan(["--remove", sound])
    #expect(given.options.learnedNames == [sound])
  }

  @Test func `--allowance, --no-adapt and --record reach the engine`() throws {
    let options = try plan(["-p", preset, "--allowance", "20", "--no-adapt", "--record", "there"]).plan.options
    #expect(
      options.allowance == 0.02 && !options.adaptsSteps
        && options.recording as? RecordingFolder == RecordingFolder("there"))
    let usual = try plan(["-p", preset]).plan.options
    #expect(usual.allowance == 0.01 && usual.adaptsSteps && usual.recording == nil)
  }

  @Test func `the command line's words become the devices' configurations`() throws {
    let jack = try JackCommand.parse([
      "--channels", "2", "--name", "n", "--server", "s", "--no-start-server", "--input", "a:1", "--input", "a:2",
      "--output", "b:1", "--once",
    ]).client
    #expect(jack.channelCount == 2 && jack.clientName == "n" && jack.serverName == "s" && !jack.startsServer)
    #expect(!jack.reconnects && jack.connections == .ports(inputs: ["a:1", "a:2"], outputs: ["b:1"]))
    #expect(try JackCommand.parse(["--connect"]).client.connections == .automatic)
    #expect(
      try JackCommand.parse(["--connect", "microphone", "--output", "a:b"]).client.connections
        == .sides(inputs: .hardware, outputs: .ports(["a:b"])))
    #expect(
      try JackCommand.parse(["--connect=speakers"]).client.connections
        == .sides(inputs: .ports([]), outputs: .hardware))
    let chosen = try JackCommand.parse(["--input", "a:1", "--input", "a:2", "--input-channels", "auto"]).client
    #expect(chosen.choosesAmong == 2 && chosen.channelCount == 1)
    let usual = try JackCommand.parse([]).client
    #expect(usual.connections == .none && usual.startsServer && usual.reconnects && usual.channelCount == 1)
    let alsa = try LiveCommand.parse([
      "--input", "hw:1", "--output", "hw:2", "--rate", "44100", "--period", "128", "--periods", "4", "--channels", "2",
    ]).devices
    #expect(alsa.input == "hw:1" && alsa.output == "hw:2" && alsa.sampleRate == 44_100)
    #expect(alsa.period == 128 && alsa.periods == 4 && alsa.channelCount == 2)
  }
}
