// Reaches into modules under test, which only debug builds allow.
#if DEBUG
  import Foundation
  import Ground

  @testable import Enhancement
  @testable import Realtime

  /// A live session without threads and clock: the test says when the callback comes, when the worker gets to run, and when
  /// the encoder does.
  package final class Rig {
    package let session: LiveSession
    package let format: StreamFormat
    package let meters = LiveMeters()
    private let commands = FixedValue(ValueRing<CommandValue>(capacity: 64, filler: .clear))
    private let block: PlanarBlock  // (channels, the format's block)
    package private(set) var output: [Float] = []  // interleaved
    package private(set) var input: [Float] = []

    package init(
      _ format: StreamFormat, settings: EnhancementSettings = EnhancementSettings(), model: EnhancementModel? = nil,
      recording: (any SessionRecording)? = nil, options: LiveOptions = calm,
      live: LearnedNoise? = nil,
      // How fast the machine is just now is no matter of a rig without a clock: a busy one would refuse.
      measure: (inout MultichannelEnhancer, StreamFormat) throws -> Double = { _, _ in 0 }
    ) throws {
      self.format = format
      let model = try model ?? tinyModel()
      session = try LiveSession(
        model: model, settings: options.adapted(settings, model: model), format: format, options: options,
        profile: nil, isFrozen: false, learned: (options.learned, live),
        makeRecorder: { try recording?.makeRecorder(segment: 0, start: $0, remark: { _ in }) },
        commands: commands.address, meters: meters, measure: measure, remark: { _ in })
      block = PlanarBlock(channelCount: format.channelCount, capacity: format.block)
    }

    package var latency: Int { session.prepared.latencyInSamples }
    package var shared: UnsafeMutablePointer<SharedState> { session.shared.address }
    /// Samples per channel played.
    package var position: Int { output.count / format.channelCount }

    /// One block through the callback: the output that it played.
    package func callback(_ interleaved: [Float], mayWait: Bool = false) {
      let channels = format.channelCount
      let count = interleaved.count / channels
      interleaved.withUnsafeBufferPointer { block.deinterleave($0.baseAddress!, count: count) }
      session.callback.pointee.process(block.constantLanes, block.lanes, count: count, mayWait: mayWait)
      input += interleaved
      for n in 0..<count { for channel in 0..<channels { output.append(block[channel][n]) } }
    }

    /// The callback, without keeping anything: allocates nothing.
    package func bareCallback() {
      session.callback.pointee.process(block.constantLanes, block.lanes, count: format.block, mayWait: false)
    }

    /// As `LiveEngine.send`.
    package func send(_ command: EngineCommand) {
      if case .forget = command { session.desk.forget() }
      _ = commands.pointee.write(CommandValue(command))
    }

    /// Worker and encoder do what there is to do.
    package func work(encodes: Bool = true) {
      session.worker.run()
      if encodes {
        session.service.runPending()
        session.desk.run()
      }
    }
  }

  package func tinyModel() throws -> EnhancementModel { try model("tiny") }

  /// The weights that are shipped.
  package func shippedModel() throws -> EnhancementModel {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try EnhancementModel(path: root.appending(path: "presets/models/limpid-sequence.safetensors").path)
  }
#endif
