import HeliographTesting
import Testing

@testable import HeliographPostgres

@Suite("JSON")
struct JSONTests {
    @Test(
        "What is JSON is read, and written as it was but for white space",
        arguments: [
            ("null", "null"), (" [1, 2.50 ,-0e10] ", "[1,2.50,-0e10]"), ("{}", "{}"),
            (#"{"a":{"b":[true,false]}}"#, #"{"a":{"b":[true,false]}}"#),
            ("123456789012345678901234567890.10", "123456789012345678901234567890.10"),
            (#""\u00e4\n\"\\\/""#, #""ä\n\"\\/""#), (#""\ud83c\udf1e""#, #""🌞""#), (#""\u0000""#, #""\u0000""#),
        ]
    )
    func reads(text: String, written: String) throws {
        #expect(try JSONValue(parsing: text).description == written)
    }

    @Test(
        "What is not JSON is refused, and where it stops being JSON is told",
        arguments: [
            ("", 0), ("nul", 3), ("[1,]", 3), (#"{"a":1"#, 6), (#"{a:1}"#, 1), ("01", 1), ("1.", 2), ("-", 1),
            ("[1 2]", 3),
            (#""abc"#, 4), ("\"a\u{1}\"", 3), (#""\x""#, 3), (#""\ud800""#, 7), ("1 1", 2), ("+1", 0), ("tru", 3),
        ]
    )
    func refuses(text: String, offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        #expect(error?.offset == offset)
    }

    @Test("Depth is limited, so that no text exhausts the stack")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(512))
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(513)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test("Of a name that stands twice the last counts")
    func members() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":"x","a":2}"#)
        #expect(value["a"] == .number("2"))
        #expect(value["b"]?.string == "x")
        #expect(value["c"] == nil)
        #expect(JSONValue.null["a"] == nil)
    }

    @Test("Random bytes never crash the parser, and what it accepts it reads again as the same")
    func randomTexts() throws {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array(#"{}[]",:\u0d8eEtrfalsn 1-+.0"#.unicodeScalars)
        var accepted = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...12, using: &generator)
            let text = String(
                String.UnicodeScalarView((0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
            )
            guard let value = try? JSONValue(parsing: text) else { continue }
            accepted += 1
            #expect(try JSONValue(parsing: value.description) == value)
        }
        #expect(accepted > 100)
    }
}
