// The entry point that libFuzzer calls; tools/fuzz/weights compiles it with the reader's own sources.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = try? JSONReader.read(bytes[...])
  guard let file = try? SafetensorsFile(bytes: bytes, path: "fuzz") else { return 0 }
  for tensor in file.tensors { _ = try? file.floats(tensor) }
  return 0
}
