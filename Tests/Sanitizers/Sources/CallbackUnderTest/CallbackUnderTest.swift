import Enhancement
import Realtime
import Synchronization

private let engine = Mutex<LiveEngine?>(nil)

/// Makes a live engine and hands out the function that a device would call.
///
/// - Returns: the callback's context; nil where the engine cannot be made, which is printed.
@_cdecl("limpid_prepare_callback")
public func prepareCallback(
  _ model: UnsafePointer<CChar>, _ sampleRate: Int, _ block: Int,
  _ function: UnsafeMutablePointer<BlockCallback.Function?>
) -> UnsafeMutableRawPointer? {
  do {
    var options = LiveOptions()
    options.priority = nil
    let made = try LiveEngine(
      model: try EnhancementModel(path: String(cString: model)), settings: EnhancementSettings(), options: options)
    let prepared = try made.prepare(StreamFormat(sampleRate: sampleRate, block: block, channelCount: 1))
    engine.withLock { $0 = made }
    function.pointee = prepared.callback.function
    return prepared.callback.context
  } catch {
    print("error: \(error)")
    return nil
  }
}

/// Ends it; prints what it counted.
///
/// - Returns: the frames enhanced.
@_cdecl("limpid_end_callback")
public func endCallback() -> Int {
  engine.withLock { engine in
    let status = engine?.status
    try? engine?.stop()
    guard let status else { return 0 }
    print(
      "\(status.seconds) s played, \(status.counters.dry) dry spans, longest callback \(status.longestCallback * 1e6) µs"
    )
    return Int(status.seconds * 100)
  }
}
