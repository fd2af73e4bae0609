import NeuralLayers

/// A file that holds a tower alone, as tools/convert writes it: the tower's tensors, and its configuration as one JSON
/// string under `limpid_tower` in the metadata.
///
/// Models carry their tower within them; this file is what training starts from, and what parity is measured with.
package struct TowerFile: Sendable {
  package let path: String
  package let configuration: TowerConfiguration
  package let weights: TowerWeights
  package let parameterCount: Int

  /// - Throws: `ModelFileError`, naming the file and the tensor or field.
  package init(path: String) throws(ModelFileError) { try self.init(file: try SafetensorsFile(path: path)) }

  /// Takes the tower from a file in memory.
  package init(file: SafetensorsFile) throws(ModelFileError) {
    path = file.path
    guard let text = file.metadata.first(where: { $0.key == "limpid_tower" })?.value else {
      throw .badTower(path: file.path, reason: "the metadata has no \"limpid_tower\" entry, so this is no tower")
    }
    let json: JSONValue
    do { json = try JSONReader.read(text) } catch {
      throw .badTower(path: file.path, reason: "the \"limpid_tower\" metadata is not JSON (\(error.description))")
    }
    configuration = try TowerConfiguration(json: json, path: file.path)
    var taken: Set<String> = []
    var count = 0
    weights = try TowerWeights(configuration: configuration) { name, shape throws(ModelFileError) in
      let values = try file.floats(name, shape: shape)
      taken.insert(name)
      count += values.count
      return values
    }
    for tensor in file.tensors where !taken.contains(tensor.name) {
      throw .unexpectedTensor(path: file.path, tensor: tensor.name)
    }
    parameterCount = count
  }
}
