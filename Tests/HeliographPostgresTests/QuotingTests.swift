import Testing

@testable import HeliographPostgres

@Suite("Quoting")
struct QuotingTests {
    @Test("A quote with a combining mark behind it is a quote to PostgreSQL, and is doubled")
    func combiningMarks() {
        #expect(SQL.quoted(identifier: "v\"\u{301}, x").unicodeScalars.filter { $0 == "\"" }.count == 4)
        #expect(Array(SQL.quoted(identifier: "a\"\u{301}b").utf8) == Array("\"a\"\"\u{301}b\"".utf8))
        #expect(Array(Quoting.connectionValue("'\u{301}\\\u{301}").utf8) == Array("'\\'\u{301}\\\\\u{301}'".utf8))
    }

    @Test("NUL in a statement's text is refused: libpq would send what stands before it")
    func nulInText() {
        let error = #expect(throws: PostgresError.self) { try SQL(unsafe: "DELETE FROM t\0 WHERE id = 1").validate() }
        #expect(error?.code == .invalidValue)
        let name = #expect(throws: PostgresError.self) { try SQL("SELECT \(identifier: "a\0b")").validate() }
        #expect(name?.code == .invalidValue)
    }
}
