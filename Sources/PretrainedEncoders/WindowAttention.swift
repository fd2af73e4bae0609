import Ground
import NeuralLayers

/// Multi-head attention within the windows of a square picture, each window's positions among themselves, with a learned
/// bias for every relative position (Liu et al. 2021, "Swin Transformer").
///
/// With a shift the picture is rolled by it first; positions that meet only because of the roll are told apart by −100,
/// as in the published towers. `forward` does not allocate.
struct WindowAttention: Sendable {
  let side: Int
  let window: Int
  let shift: Int
  let channels: Int
  let heads: Int
  private let norm: LayerNorm
  private let queryKeyValue: Dense  // the queries over √(channels of a head)
  private let out: Dense
  /// Bias of a window with no seam in it: (heads, window², window²).
  private let bias: [Float]
  /// Where each place of the rolled, windowed order lies in the picture: (side²).
  private let places: [Int32]
  /// Which part of the picture each place of that order is from: (side²).
  private let regions: [UInt8]

  /// Reads `name.norm1`, `name.query_key_value`, `name.position_bias` ((2·window − 1)², heads) and `name.out`.
  init(
    _ name: String, side: Int, window: Int, shift: Int, channels: Int, heads: Int, read: TensorReader
  ) throws(ModelFileError) {
    self.side = side
    self.window = window
    self.shift = shift
    self.channels = channels
    self.heads = heads
    norm = try LayerNorm("\(name).norm1", channels: channels, read: read)
    queryKeyValue = try Dense(
      "\(name).query_key_value", inputs: channels, outputs: 3 * channels,
      scaled: (channels, 1 / Float(channels / heads).squareRoot()), read: read)
    out = try Dense("\(name).out", inputs: channels, outputs: channels, read: read)
    let reach = 2 * window - 1
    let table = try read("\(name).position_bias", [reach * reach, heads])
    let area = window * window
    var bias = [Float](repeating: 0, count: heads * area * area)
    for query in 0..<area {
      for key in 0..<area {
        let down = query / window - key / window + window - 1
        let across = query % window - key % window + window - 1
        for head in 0..<heads {
          bias[(head * area + query) * area + key] = table[(down * reach + across) * heads + head]
        }
      }
    }
    self.bias = bias
    var places: [Int32] = []
    var regions: [UInt8] = []
    func region(_ i: Int) -> Int { shift == 0 || i < side - window ? 0 : i < side - shift ? 1 : 2 }
    for top in stride(from: 0, to: side, by: window) {
      for left in stride(from: 0, to: side, by: window) {
        for row in top..<top + window {
          for column in left..<left + window {
            places.append(Int32((row + shift) % side * side + (column + shift) % side))
            regions.append(UInt8(3 * region(row) + region(column)))
          }
        }
      }
    }
    self.places = places
    self.regions = regions
  }

  /// Floats of scratch.
  var scratchCount: Int {
    let area = window * window
    return side * side * 5 * channels + heads * area * area + panelCount
  }

  /// Floats of one head's keys and values, packed.
  private var panelCount: Int {
    let area = window * window
    return packedCount(depth: channels / heads, columns: area) + packedCount(depth: area, columns: channels / heads)
  }

  var multiplyAdds: Int {
    side * side * channels * (4 * channels + 2 * window * window)
  }

  /// Adds the attention's output to `x`: (side, side, channels).
  func forward(_ x: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>) {
    let positions = side * side
    let area = window * window
    let normed = scratch
    let projected = normed + positions * channels
    let mixed = projected + positions * 3 * channels
    let scores = mixed + positions * channels
    for n in 0..<positions { norm.forward(x + Int(places[n]) * channels, into: normed + n * channels) }
    queryKeyValue.forward(rows: positions, input: normed, into: projected)
    for first in stride(from: 0, to: positions, by: area) { attend(first, projected, scores, mixed) }
    out.forward(rows: positions, input: mixed, into: normed)
    for n in 0..<positions {
      let target = x + Int(places[n]) * channels
      let change = normed + n * channels
      for c in 0..<channels { target[c] += change[c] }
    }
  }

  /// The window that begins at a place of the windowed order.
  private func attend(
    _ first: Int, _ projected: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>,
    _ mixed: UnsafeMutablePointer<Float>
  ) {
    let area = window * window
    let dimension = channels / heads
    let pitch = 3 * channels
    let base = projected + first * pitch
    let keys = scores + heads * area * area
    let values = keys + packedCount(depth: dimension, columns: area)
    copyFloats(bias, to: scores, count: heads * area * area)
    if shift > 0 { separate(first, scores) }
    for head in 0..<heads {
      let query = base + head * dimension
      pack(keys, depth: dimension, columns: area, query + channels, depthStride: 1, columnStride: pitch)
      multiplyPacked(
        rows: area, depth: dimension, columns: area, query, pitch: pitch, panels: keys, bias: nil,
        into: scores + head * area * area, pitch: area, accumulate: true)
    }
    softmax(heads * area, area, scores)
    for head in 0..<heads {
      pack(
        values, depth: area, columns: dimension, base + 2 * channels + head * dimension, depthStride: pitch,
        columnStride: 1)
      multiplyPacked(
        rows: area, depth: area, columns: dimension, scores + head * area * area, pitch: area, panels: values,
        bias: nil, into: mixed + first * channels + head * dimension, pitch: channels)
    }
  }

  /// −100 between positions of different parts of the picture.
  private func separate(_ first: Int, _ scores: UnsafeMutablePointer<Float>) {
    let area = window * window
    for query in 0..<area {
      for key in 0..<area where regions[first + query] != regions[first + key] {
        for head in 0..<heads { scores[(head * area + query) * area + key] -= 100 }
      }
    }
  }
}
