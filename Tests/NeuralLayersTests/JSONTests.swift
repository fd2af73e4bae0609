import NeuralLayers
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "12.5e-3", "\"\"", "[]", "{}", " [1 , {\"a\" : [null]}]\n",
    "\"\\u00e9\\ud83d\\ude00\\n\"",
  ])
  func `valid JSON is read`(text: String) throws {
    let value = try JSONReader.read(text)
    #expect(try JSONReader.read(value.text) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "tru", "01", "+1", "1.", ".5", "1e", "-", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
    "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"", "[1,]", "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\"}", "[",
    "{",
    "1 2", "NaN", "'a'", "{\"a\":1,\"a\":2}",
  ])
  func `invalid JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.read(text) }
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xFF, 0x22][...]) }
    #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xC0, 0x80, 0x22][...]) }
  }

  @Test func `numbers are integers only if they are written so`() throws {
    #expect(try JSONReader.read("42").integer == 42)
    #expect(try JSONReader.read("42.0").integer == nil)
    #expect(try JSONReader.read("4e1").integer == nil)
    #expect(try JSONReader.read("9223372036854775808").integer == nil)
    #expect(try JSONReader.read("-1.5e2").double == -150)
  }
}
