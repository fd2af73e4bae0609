import Foundation

/// A PNG as libcairo reads it back.
package struct Picture {
  package let width: Int
  package let height: Int
  /// (height, width), 0xRRGGBB.
  package let pixels: [UInt32]

  private struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  /// - Throws: where libcairo is not there, or the file is no PNG.
  package init(path: String) throws {
    typealias Read = @convention(c) (UnsafePointer<CChar>) -> OpaquePointer?
    typealias Number = @convention(c) (OpaquePointer?) -> Int32
    typealias Data = @convention(c) (OpaquePointer?) -> UnsafePointer<UInt8>?
    typealias Destroy = @convention(c) (OpaquePointer?) -> Void
    guard let library = dlopen("libcairo.so.2", RTLD_NOW) else { throw Unreadable(description: "there is no libcairo") }
    func find<Function>(_ name: String, _: Function.Type) -> Function {
      unsafeBitCast(dlsym(library, name)!, to: Function.self)
    }
    let surface = find("cairo_image_surface_create_from_png", Read.self)(path)
    defer { find("cairo_surface_destroy", Destroy.self)(surface) }
    let status = find("cairo_surface_status", Number.self)(surface)
    guard status == 0, let data = find("cairo_image_surface_get_data", Data.self)(surface) else {
      throw Unreadable(description: "\(path) is no PNG that libcairo reads (status \(status))")
    }
    width = Int(find("cairo_image_surface_get_width", Number.self)(surface))
    height = Int(find("cairo_image_surface_get_height", Number.self)(surface))
    let stride = Int(find("cairo_image_surface_get_stride", Number.self)(surface))
    let (width, height) = (width, height)
    pixels = (0..<height).flatMap { row in
      (0..<width).map {
        UnsafeRawPointer(data).loadUnaligned(fromByteOffset: row * stride + 4 * $0, as: UInt32.self) & 0xFFFFFF
      }
    }
  }

  package init(_ bytes: [UInt8]) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("limpid-\(UUID().uuidString).png")
    try Foundation.Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try self.init(path: url.path)
  }

  package func pixel(_ x: Int, _ y: Int) -> UInt32 { pixels[y * width + x] }
  /// Different colours.
  package var colourCount: Int { Set(pixels).count }
}
