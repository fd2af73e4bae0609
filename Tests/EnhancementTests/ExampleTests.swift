import Enhancement
import Foundation
import Testing

// The example of Sources/Enhancement/Enhancement.docc/Enhancement.md, without @testable.
// example
func enhanced(_ noisy: [Float], sampleRate: Int, modelPath: String) throws -> [Float] {
  let model = try EnhancementModel(path: modelPath)
  var enhancer = try StreamingEnhancer(model: model, sampleRate: sampleRate)
  var samples = noisy + [Float](repeating: 0, count: enhancer.latencyInSamples)
  samples.withUnsafeMutableBufferPointer { block in
    enhancer.process(UnsafeBufferPointer(block), into: block)
  }
  return Array(samples.dropFirst(enhancer.latencyInSamples))
}
// end of example

@Suite struct ExampleTests {
  @Test func `the article's example works`() throws {
    let noisy = voiceLike(22050, rate: 44100)
    let path = fixture("tiny.safetensors").path
    let clean = try enhanced(noisy, sampleRate: 44100, modelPath: path)
    #expect(clean.count == noisy.count)
    #expect(clean.allSatisfy { $0.isFinite })
    #expect(clean.contains { $0 != 0 })
  }

  @Test func `the article shows the code that is compiled here`() throws {
    let here = URL(fileURLWithPath: #filePath)
    let source = try String(contentsOf: here, encoding: .utf8)
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let article = try String(
      contentsOf: root.appending(path: "Sources/Enhancement/Enhancement.docc/Enhancement.md"), encoding: .utf8
    )
    let code = try #require(source.firstRange(of: "// example\n"))
    let end = try #require(source.firstRange(of: "// end of example\n"))
    #expect(article.contains("```swift\n" + source[code.upperBound..<end.lowerBound] + "```\n"))
  }
}
