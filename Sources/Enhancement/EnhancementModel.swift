import Diffusion

/// A trained model, ready to be shared by any number of enhancers.
public final class EnhancementModel: Sendable {
  /// - Parameter path: a `.safetensors` file of weights.
  public init(path: String) throws(ModelFileError) { throw .unreadable(path: path) }
}

public enum ModelFileError: Error { case unreadable(path: String) }

struct ScoreNetwork: ConditionalPredictor, ~Copyable {
  mutating func setTokens(_ tokens: UnsafePointer<Float>?) {}
  mutating func reset() {}
  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) { for n in 0..<320 * batch { output[n] = y[n % 320] } }
}

struct ModelNoiseEncoder: NoiseTokenEncoder, ~Copyable {
  var tokenFloatCount: Int { 0 }
  mutating func encode(
    magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>
  ) {}
}
