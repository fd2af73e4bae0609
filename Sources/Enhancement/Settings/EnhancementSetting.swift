/// One setting, declared once: its key, what it means, what it may be, and where it is kept.
///
/// A preset's key, the option of `limpid enhance`, the check of ranges, the line in a recording's header and what a live run
/// remembers follow from its entry in `all`. A value; every function but `set` and `text` is free of allocation while all
/// is in range.
public struct EnhancementSetting: Sendable {
  /// What a setting's text may be.
  public enum Form: Sendable, Equatable {
    /// One of these words.
    case choice([String])
    /// A whole number in this range.
    case integer(ClosedRange<Int>)
    /// A whole number from 0 to 2^64 − 1.
    case natural
    /// A number in this range; "12", "12.0" and "1.2e1" are the same.
    case number(ClosedRange<Float>)
    /// true or false.
    case flag
  }

  /// A setting's value.
  enum Value: Equatable {
    case word(String)
    case integer(Int)
    case natural(UInt64)
    case number(Float)
    case flag(Bool)
    /// "none": without a limit.
    case absent
  }

  /// As presets have it; the option is `--` and the key.
  public let key: String
  /// What its text may be, besides "none" (`isOptional`).
  public let form: Form
  /// Whether "none" is a value, too.
  public var isOptional = false
  /// What it means, a sentence: the option's help.
  public let help: String
  /// Whether it may change while an enhancer runs.
  public var changesWhileRunning = false
  /// Whether presets and the command line have it. What they have not is for programs: room for steps, for instance.
  public var isPresetKey = true
  /// Whether it counts steps, whose range ends at the points of the model's time grid: `form` has the most that any may
  /// have, and `EnhancementSettings.validate(for:)` knows.
  public var countsSteps: Bool { key == "steps" || key == "maximum-steps" }
  /// The one sampler that has it; nil: it does not depend on the sampler.
  public var sampler: String?
  /// What may be given, in words, with the unit: "0.25 to 2 s".
  public let range: String
  /// A value in few words, as the report of a live run has it: "mix 0.5", "4 steps".
  public var said: @Sendable (_ text: String) -> String
  /// What is wrong with a value out of range, such as "the mix 2.0 is out of range".
  let refusal: @Sendable (_ value: String) -> String
  /// nil where the settings have none of it: eta of a sampler without.
  let read: @Sendable (EnhancementSettings) -> Value?
  /// Takes what `read` gives and `form` describes.
  let write: @Sendable (inout EnhancementSettings, Value) -> Void

  /// The setting of this key.
  ///
  /// - Throws: `unknownSetting`.
  public init(key: String) throws(EnhancementError) {
    guard let setting = Self.all.first(where: { $0.key == key }) else { throw .unknownSetting(key: key) }
    self = setting
  }

  init(
    key: String, form: Form, range: String, help: String, refusal: @escaping @Sendable (_ value: String) -> String,
    read: @escaping @Sendable (EnhancementSettings) -> Value?,
    write: @escaping @Sendable (inout EnhancementSettings, Value) -> Void
  ) {
    self.key = key
    self.form = form
    self.range = range
    self.help = help
    said = { "\(key) \($0)" }
    self.refusal = refusal
    self.read = read
    self.write = write
  }

  /// The value as text, which `set` takes back to the bit; nil where the settings have none of it.
  public func text(of settings: EnhancementSettings) -> String? { read(settings)?.text }

  /// Sets it by text. Nothing has changed after an error.
  ///
  /// - Throws: `notAValue`, `outOfRange`, or `otherSampler` for a number of a sampler that is not the one set.
  public func set(_ text: String, in settings: inout EnhancementSettings) throws(EnhancementError) {
    if let sampler, read(settings) == nil { throw .otherSampler(setting: key, sampler: sampler) }
    var next = settings
    write(&next, try value(text))
    try check(next)
    settings = next
  }

  /// Whether a text is of the setting's form; its range is not looked at.
  ///
  /// - Throws: `notAValue`.
  public func checkForm(_ text: String) throws(EnhancementError) { _ = try value(text) }

  /// - Throws: `outOfRange`.
  func check(_ settings: EnhancementSettings) throws(EnhancementError) {
    let isInRange =
      switch (form, read(settings)) {
      case (.integer(let range), .integer(let value)): range.contains(value)
      case (.number(let range), .number(let value)): range.contains(value)
      default: true
      }
    if !isInRange { throw outOfRange(text(of: settings) ?? "", range) }
  }

  func outOfRange(_ value: String, _ range: String) -> EnhancementError {
    .outOfRange(setting: key, sentence: "\(refusal(value)); give \(range)")
  }

  private func value(_ text: String) throws(EnhancementError) -> Value {
    if isOptional, text == "none" { return .absent }
    let value: Value? =
      switch form {
      case .choice(let words): words.contains(text) ? .word(text) : nil
      case .integer: Int(text).map { .integer($0) }
      case .natural: UInt64(text).map { .natural($0) }
      case .number: Float(text).map { .number($0) }
      case .flag: Bool(text).map { .flag($0) }
      }
    guard let value else {
      let fault =
        switch form {
        case .choice(let words): "is not known; give one of \(words.joined(separator: ", "))"
        case .integer, .natural: "is not a whole number; give \(range)"
        case .number: "is not a number; give \(range)"
        case .flag: "is not known; give true or false"
        }
      throw .notAValue(setting: key, text: text, fault: fault)
    }
    return value
  }
}

extension EnhancementSetting.Value {
  /// Swift prints a Float with as many digits as it takes to read the same bits back.
  var text: String {
    switch self {
    case .word(let word): word
    case .integer(let number): "\(number)"
    case .natural(let number): "\(number)"
    case .number(let number): "\(number)"
    case .flag(let isSet): "\(isSet)"
    case .absent: "none"
    }
  }
}

extension EnhancementSettings {
  /// Sets one setting by its key and a text, as presets, options and the C interface have them: `set(key: "mix", text: "0.5")`.
  ///
  /// Nothing has changed after an error. The range of the one setting is checked; `validate()` tells whether all fit
  /// together. Not for the real-time path: it allocates.
  ///
  /// - Parameters:
  ///   - key: of one of `EnhancementSetting.all`, such as "reference-length".
  ///   - text: a number with a point, a word, "true" or "false"; "none" where `isOptional`.
  /// - Throws: `unknownSetting`, `notAValue`, `outOfRange` or `otherSampler`, each one sentence with the remedy.
  public mutating func set(key: String, text: String) throws(EnhancementError) {
    try EnhancementSetting(key: key).set(text, in: &self)
  }

  /// The text that `set` would take to set it so; nil for a number that the sampler does not have.
  ///
  /// - Throws: `unknownSetting`.
  public func text(key: String) throws(EnhancementError) -> String? {
    try EnhancementSetting(key: key).text(of: self)
  }
}
