import Testing

@testable import HeliographOutbound

@Suite("Batches and quoted text")
struct OutboundBatchTests {
    @Test("Records as an array and as lines")
    func forms() {
        let batch = OutboundBatch(id: "a", lines: [#"{"id":1}"#, #"{"name":"é"}"#])
        #expect(String(decoding: batch.jsonArray, as: UTF8.self) == #"[{"id":1},{"name":"é"}]"#)
        #expect(String(decoding: batch.jsonLines, as: UTF8.self) == "{\"id\":1}\n{\"name\":\"é\"}\n")
        let empty = OutboundBatch(id: "a", lines: [])
        #expect(String(decoding: empty.jsonArray, as: UTF8.self) == "[]")
        #expect(empty.jsonLines.isEmpty)
    }

    @Test("Ids that would break a header or a variable", arguments: ["", "a b", "a\r\nx: y", "é", "a\0"])
    func ids(id: String) {
        let error = #expect(throws: OutboundFailure.self) { try OutboundBatch(id: id, lines: []).check() }
        #expect(error?.isPermanent == true)
        #expect(error?.reason.contains("id of a batch") == true)
    }

    @Test("A record that is more than a line")
    func lines() {
        let error = #expect(throws: OutboundFailure.self) { try OutboundBatch(id: "a", lines: ["{\n}"]).check() }
        #expect(error?.isPermanent == true)
        #expect(throws: Never.self) { try OutboundBatch(id: "a", lines: ["{}", ""]).check() }
    }

    @Test(
        "What is not printable is replaced, white space is one blank",
        arguments: [
            ("plain", "plain"), ("  two\r\n\twords ", "two words"), ("\u{1B}[31mred", "\u{FFFD}[31mred"),
            ("a\u{202E}b\u{200B}c", "a\u{FFFD}b\u{FFFD}c"), ("é日本", "é日本"), ("\0", "\u{FFFD}"), ("", ""),
        ])
    func printable(text: String, expected: String) {
        #expect(PrintableText.text(of: text.utf8) == expected)
    }

    @Test("A cut never splits a character, and what is no UTF-8 does no harm")
    func cut() {
        #expect(PrintableText.text(of: String(repeating: "é", count: 150).utf8).utf8.count == 200)
        #expect(PrintableText.text(of: ("x" + String(repeating: "é", count: 150)).utf8).utf8.count == 199)
        #expect(PrintableText.text(of: [0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
    }

    @Test("The last line that says something")
    func tail() {
        var tail = OutputTail()
        #expect(tail.lastLine.isEmpty)
        tail.append("first\nsec".utf8)
        tail.append("ond\r\n \n\n".utf8)
        #expect(tail.lastLine == "second")
        tail.append(String(repeating: "x", count: 10_000).utf8)
        #expect(tail.lastLine == String(repeating: "x", count: 200))
    }
}
