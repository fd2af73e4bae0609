import CLimpid
import Enhancement
import Ground
import NeuralLayers

// A limpid_model is a retained EnhancementModel.

/// The model behind a handle.
func enhancementModel(_ handle: OpaquePointer) -> EnhancementModel {
  Unmanaged<EnhancementModel>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
}

@implementation @c
public func limpid_model_open(
  _ path: UnsafePointer<CChar>!, _ precision: UnsafePointer<CChar>!, _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> limpid_status {
  answer {
    guard let model else { throw Failure(LIMPID_BAD_ARGUMENT, "model is NULL; give the address of a pointer") }
    model.pointee = nil
    let path = try text(path, "path")
    let name = try precision.map { try text($0, "precision") } ?? PrecisionChoice.auto.rawValue
    guard let choice = PrecisionChoice(rawValue: name) else {
      throw Failure(LIMPID_BAD_VALUE, "the precision '\(name)' is not known; give auto, float32 or bfloat16")
    }
    let opened = try EnhancementModel(path: path, precision: choice.precision)
    model.pointee = OpaquePointer(Unmanaged.passRetained(opened).toOpaque())
  }
}

@implementation @c
public func limpid_model_open_named(
  _ name: UnsafePointer<CChar>!, _ near: UnsafePointer<CChar>!, _ precision: UnsafePointer<CChar>!,
  _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> limpid_status {
  answer {
    guard let model else { throw Failure(LIMPID_BAD_ARGUMENT, "model is NULL; give the address of a pointer") }
    model.pointee = nil
    let name = try text(name, "name")
    guard let file = DataFolders.models.first(where: { $0.name == name })?.file else {
      let names = DataFolders.models.map(\.name).joined(separator: ", ")
      throw Failure(LIMPID_NO_FILE, "there is no model '\(name)'; give \(names), or open a file with limpid_model_open")
    }
    let near = try near.map { [try text($0, "near")] }
    guard let path = DataFolders.model(file: file, near: near) else {
      throw Failure(
        LIMPID_NO_FILE,
        "the weights of the model '\(name)' (\(file)) are in none of "
          + "\(DataFolders.models(near: near).joined(separator: ", ")); set LIMPID_MODELS to their folder")
    }
    let status = limpid_model_open(path, precision, model)
    if status != LIMPID_OK { throw Failure(status, String(cString: limpid_last_error())) }
  }
}

@implementation @c
public func limpid_model_pair(
  _ first: OpaquePointer!, _ second: OpaquePointer!, _ model: UnsafeMutablePointer<OpaquePointer?>!
) -> limpid_status {
  answer {
    guard let model else { throw Failure(LIMPID_BAD_ARGUMENT, "model is NULL; give the address of a pointer") }
    model.pointee = nil
    guard let first, let second else {
      throw Failure(LIMPID_BAD_ARGUMENT, "\(first == nil ? "first" : "second") is NULL; give two models")
    }
    let pair = try EnhancementModel(mean: enhancementModel(first), enhancementModel(second))
    model.pointee = OpaquePointer(Unmanaged.passRetained(pair).toOpaque())
  }
}

@implementation @c
public func limpid_model_close(_ model: OpaquePointer!) {
  guard let model else { return }
  Unmanaged<EnhancementModel>.fromOpaque(UnsafeRawPointer(model)).release()
}

/// Ends in the zero byte that C wants; the same in `limpid --version` and limpid.pc (checked by tools/check-c-library).
private let version: StaticString = "0.2.1"

@implementation @c
public func limpid_version() -> UnsafePointer<CChar>! {
  UnsafeRawPointer(version.utf8Start).assumingMemoryBound(to: CChar.self)
}
