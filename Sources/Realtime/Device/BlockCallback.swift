/// What a device calls for every block, on its real-time thread: a C function and its context, so that calling it counts
/// no references and looks nothing up.
public struct BlockCallback: @unchecked Sendable {
  /// - Parameters:
  ///   - context: the callback's own.
  ///   - input: (channels) pointers to `count` samples each, full scale ±1.
  ///   - output: (channels) pointers to room for `count` samples; each may be that of `input`.
  ///   - count: samples per channel, at most the format's block.
  ///   - conditions: the raw value of a `BlockConditions`.
  public typealias Function =
    @convention(c) (
      _ context: UnsafeMutableRawPointer, _ input: UnsafePointer<UnsafePointer<Float>>,
      _ output: UnsafePointer<UnsafeMutablePointer<Float>>, _ count: Int, _ conditions: UInt32
    ) -> Void

  /// What `function` works on: its first argument.
  public let context: UnsafeMutableRawPointer
  /// Called on the device's real-time thread, one block at a time; waits only where `BlockConditions.mayWait` says so.
  public let function: Function

  /// - Parameter context: not retained; who makes it keeps it alive while blocks come.
  public init(context: UnsafeMutableRawPointer, function: @escaping Function) {
    self.context = context
    self.function = function
  }
}

/// What a device knows about the block that it hands over.
public struct BlockConditions: OptionSet, Sendable {
  /// As the callback gets it.
  public let rawValue: UInt32
  /// Of what the callback got.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Nobody hears this block now (JACK's freewheel, a device faster than its rate): the callback may wait for its result.
  public static let mayWait = BlockConditions(rawValue: 1)
}
