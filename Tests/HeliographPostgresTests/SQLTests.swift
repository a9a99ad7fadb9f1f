import Testing

@testable import HeliographPostgres

@Suite("Statements and their values")
struct SQLTests {
    @Test("An interpolated value becomes a parameter, never text")
    func values() throws {
        let evil = "'; DROP TABLE users; --"
        let sql: SQL = "SELECT * FROM users WHERE email = \(evil) AND id > \(Int64(7))"
        #expect(sql.text == "SELECT * FROM users WHERE email = $1 AND id > $2")
    }

    @Test("Identifiers are quoted, with their quotes doubled")
    func identifiers() {
        let sql: SQL = #"SELECT \#(identifier: #"a"b"#) FROM \#(identifier: "Users")"#
        #expect(sql.text == #"SELECT "a""b" FROM "Users""#)
    }

    @Test("Statements put together number their values anew")
    func joining() {
        let pieces: [SQL] = ["a = \(1)", "b = \(2)", "c = \(3)"]
        let sql: SQL = "SELECT \(0) WHERE \(SQL.joined(pieces, by: " OR "))"
        #expect(sql.text == "SELECT $1 WHERE a = $2 OR b = $3 OR c = $4")
        #expect((sql + " LIMIT \(5)").text.hasSuffix(" LIMIT $5"))
    }

    @Test("NUL in a text is refused before anything is sent: libpq would cut the value there")
    func nul() {
        let error = #expect(throws: PostgresError.self) { _ = try SQL("SELECT \("a\0b")").validate() }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("parameter $1") == true)
    }

    @Test("65,535 values can be sent, one more cannot")
    func limit() throws {
        func statement(_ count: Int) -> SQL { SQL.joined((0..<count).map { "\($0)" }, by: ",") }
        _ = try statement(65_535).validate()
        let error = #expect(throws: PostgresError.self) { _ = try statement(65_536).validate() }
        #expect(error?.code == .invalidValue)
    }

    @Test("NULL, text and binary values stand where libpq looks for them")
    func parameters() throws {
        let sql: SQL = "SELECT \("ä"), \(Int64?.none), \(Int32(1))"
        sql.withParameters { count, types, values, lengths, formats in
            #expect(count == 3)
            guard let types, let values, let lengths, let formats else {
                Issue.record("libpq got no arrays")
                return
            }
            #expect(values[0].map { String(cString: $0) } == "ä")
            #expect(values[1] == nil)
            #expect([types[0], types[1], types[2]] == [0, 20, 23])
            #expect([formats[0], formats[2]] == [0, 1])
            #expect(lengths[2] == 4)
            #expect(values[2].map { [$0[0], $0[1], $0[2], $0[3]] } == [0, 0, 0, 1])
        }
    }
}
