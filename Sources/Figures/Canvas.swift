import CCairo
import Ground

/// A picture being drawn by libcairo: rectangles, lines, text and pixels; and a PNG in the end. Places are in pixels from the
/// top left. One thread.
final class Canvas {
  enum Side { case left, middle, right }

  let width: Int
  let height: Int
  private let surface: OpaquePointer
  private let context: OpaquePointer

  /// A white picture.
  ///
  /// - Throws: `noLibrary`, `drawingFailed`.
  init(width: Int, height: Int) throws(FigureError) {
    guard limpid_cairo_load() else { throw .noLibrary }
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
      let context = cairo_create(surface)
    else { throw .drawingFailed(reason: "no memory") }
    self.width = width
    self.height = height
    self.surface = surface
    self.context = context
    setGrey(1)
    cairo_paint(context)
    setGrey(0)
    // Of whatever fonts there are; DejaVu has signs of most scripts.
    setFont(size: 13)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  // MARK: - Pens

  /// 0: black, 1: white.
  func setGrey(_ grey: Double) { cairo_set_source_rgb(context, grey, grey, grey) }

  func setFont(size: Double, isBold: Bool = false) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
  }

  // MARK: - Shapes

  func fill(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    cairo_rectangle(context, x, y, width, height)
    cairo_fill(context)
  }

  /// A frame of one pixel around so many.
  func outline(_ x: Int, _ y: Int, _ width: Int, _ height: Int) {
    cairo_set_line_width(context, 1)
    cairo_rectangle(context, Double(x) - 0.5, Double(y) - 0.5, Double(width) + 1, Double(height) + 1)
    cairo_stroke(context)
  }

  func line(_ points: [(x: Double, y: Double)], width: Double) {
    guard let first = points.first else { return }
    cairo_set_line_width(context, width)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
  }

  /// What is drawn by `body` stays within a rectangle.
  func within(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, Double(x), Double(y), Double(width), Double(height))
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// Pixels, (height, width), as they are.
  func paint(_ pixels: [ColourScale.Colour], x: Int, y: Int, width: Int, height: Int) {
    precondition(
      pixels.count == width * height && x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height,
      "pixels are painted within the picture")
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else { return }
    let stride = Int(cairo_image_surface_get_stride(surface))
    for row in 0..<height {
      let line = UnsafeMutableRawPointer(data + (y + row) * stride).assumingMemoryBound(to: UInt32.self)
      for column in 0..<width { line[x + column] = pixels[row * width + column].word }
    }
    cairo_surface_mark_dirty(surface)
  }

  // MARK: - Text

  /// Writes text on a line.
  ///
  /// - Parameters:
  ///   - y: of the line that letters stand on.
  ///   - room: pixels that it may take; its middle is left out where it is longer.
  func text(_ text: String, _ x: Double, _ y: Double, _ side: Side = .left, room: Double = .infinity) {
    let shown = FigureText.shortened(FigureText.shown(text)) { room == .infinity || textWidth($0) <= room }
    let width = side == .left ? 0 : textWidth(shown)
    cairo_move_to(context, x - (side == .left ? 0 : side == .middle ? width / 2 : width), y)
    cairo_show_text(context, shown)
  }

  /// The same upwards, centred at a place.
  func textUpwards(_ text: String, _ x: Double, _ y: Double) {
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, -Double.pi / 2)
    self.text(text, 0, 0, .middle)
    cairo_restore(context)
  }

  func textWidth(_ text: String) -> Double {
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, FigureText.shown(text), &extents)
    return extents.x_advance
  }

  // MARK: - The end

  /// The picture as a PNG.
  ///
  /// - Throws: `drawingFailed` where any step since the beginning went wrong.
  func png() throws(FigureError) -> [UInt8] {
    var status = cairo_status(context)
    let bytes = Bytes()
    if status == CAIRO_STATUS_SUCCESS {
      status = cairo_surface_write_to_png_stream(
        surface,
        { context, data, count in
          Unmanaged<Bytes>.fromOpaque(context!).takeUnretainedValue().all +=
            UnsafeBufferPointer(start: data, count: Int(count))
          return CAIRO_STATUS_SUCCESS
        }, Unmanaged.passUnretained(bytes).toOpaque())
    }
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .drawingFailed(reason: cairo_status_to_string(status).map { String(cString: $0) } ?? "\(status)")
    }
    return bytes.all
  }

  private final class Bytes { var all: [UInt8] = [] }
}
