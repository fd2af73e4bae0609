import Foundation

/// What the virtual microphone is made of on PulseAudio: four modules, loaded now by pactl and at login by the start script.
///
///     microphone → module-loopback → module-ladspa-sink (Limpid) → module-null-sink → its monitor → module-remap-source
struct PulseAudioModules: Equatable {
  /// The sink that the loopback plays into, and the one behind the plugin. The source's name is PipeWire's node's.
  static let enhancerName = "limpid-enhancer"
  static let cleanName = "limpid-clean"
  /// PulseAudio resamples every microphone to it.
  static let rate = 48_000

  struct Module: Equatable {
    let name: String
    let arguments: String
  }

  /// The microphone's name for people, and PulseAudio's.
  let microphone: String
  let source: String
  /// The one channel that is heard: "front-left".
  let channel: String
  /// limpid.so.
  let plugin: String
  let controls: PluginControls
  /// Whether this PulseAudio's null sink asks for 50 ms at once and not for two seconds (`PulseAudioMicrophone.givesShortBlocks`).
  let hasShortBlocks: Bool
  /// Whether programs that choose no microphone are to get it.
  var isDefault = false

  /// What programs show.
  var description: String { VirtualDevice.description(of: microphone) }

  /// In the order in which they have to be loaded.
  var modules: [Module] {
    let form = "rate=\(Self.rate) channels=1 channel_map=\(channel)"
    // The sinks are shown beside the loudspeakers, so they are named for what they are.
    return [
      Module(
        name: "module-null-sink",
        arguments:
          "sink_name=\(Self.cleanName) \(form) \(hasShortBlocks ? "norewinds=1 " : "")sink_properties=\(Self.description("Inside Limpid: clean, not to be played to"))"
      ),
      Module(
        name: "module-ladspa-sink",
        arguments:
          "sink_name=\(Self.enhancerName) sink_master=\(Self.cleanName) \(form) plugin=\(Self.argument(plugin)) "
          + "label=limpid_mono control=\(controls.text) "
          + "sink_properties=\(Self.description("Inside Limpid: noisy, not to be played to"))"),
      // Not moved when it is unplugged: the next source may be our own.
      Module(
        name: "module-loopback",
        arguments: "source=\(Self.argument(source)) sink=\(Self.enhancerName) \(form) remix=no latency_msec=40 "
          + "source_dont_move=yes sink_dont_move=yes"),
      Module(
        name: "module-remap-source",
        arguments:
          "source_name=\(VirtualDevice.microphone.nodeName) master=\(Self.cleanName).monitor master_channel_map=\(channel) "
          + "channels=1 channel_map=mono remix=no source_properties=\(Self.description(description))"),
    ]
  }

  /// Whether a loaded module is one of these.
  static func isOurs(arguments: String) -> Bool {
    [
      "sink_name=\(cleanName) ", "sink_name=\(enhancerName) ", "sink=\(enhancerName) ",
      "source_name=\(VirtualDevice.microphone.nodeName) ",
    ]
    .contains { (arguments + " ").contains($0) }
  }

  /// The lines of PulseAudio's start script. A microphone that is not there at login is no reason to end.
  var script: String {
    ([".nofail"] + modules.map { "load-module \($0.name) \($0.arguments)" }
      + (isDefault ? ["set-default-source \(VirtualDevice.microphone.nodeName)"] : [])).joined(separator: "\n")
  }

  /// A value of a module's argument list (pulsecore/modargs.c): in quotes, a backslash before what would end them.
  static func argument(_ text: String) -> String { "\"" + escaped(text, "\"") + "\"" }

  /// A property as such a value. A list of properties (pulse/proplist.c) is read as it stands, so there is one backslash for
  /// both quotations.
  static func description(_ text: String) -> String { "\"device.description='" + escaped(text, "\"'") + "'\"" }

  private static func escaped(_ text: String, _ quotes: String) -> String {
    text.filter { !$0.isNewline }.map { $0 == "\\" || quotes.contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}

/// What the plugin is set to: PulseAudio sets a plugin's controls once, when it is loaded.
struct PluginControls: Equatable {
  /// dB; 100 is none.
  var attenuationLimit: Float = 100
  var mix: Float = 1
  /// nil: as many as this machine has time for.
  var networks: Networks?
  /// 1 or 2; nil: as many as this machine has time for.
  var passes: Int?

  /// As the plugin's control counts them.
  enum Networks: Int { case light, wide, both }

  init() {}

  /// - Parameter options: of limpid jack, already checked by it.
  /// - Throws: `Failure` for those that the plugin has no control for.
  init(options: [String]) throws {
    var rest = options[...]
    while let word = rest.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let value = parts.count > 1 ? parts[1] : rest.popFirst() ?? ""
      switch (parts.first ?? "", value) {
      case ("--attenuation-limit", "none"), ("--attenuation-limit", "off"): attenuationLimit = 100
      case ("--attenuation-limit", let text) where Float(text).map { $0 >= 0 } == true:
        attenuationLimit = min(100, Float(text) ?? 100)
      case ("--mix", let text) where Float(text).map { (0...1).contains($0) } == true: mix = Float(text) ?? 1
      case ("--model", "light"): networks = .light
      case ("--model", "wide"): networks = .wide
      case ("--passes", "1"): passes = 1
      case ("--passes", "2"): passes = 2
      default:
        throw Failure(
          .usage,
          "\(word): on PulseAudio the plugin can be told --attenuation-limit 0 to 100 or none, --mix 0 to 1, "
            + "--model light or wide, and --passes 1 or 2; leave the rest out")
      }
    }
  }

  /// In the order of the plugin's ports: attenuation limit, mix, bypass, learn, freeze, forget, model, passes (`Sources/Plugins`).
  var text: String { "\(attenuationLimit),\(mix),0,0,0,0,\((networks ?? .light).rawValue),\(passes ?? 1)" }
}
