import HeliographPostgres
import Testing

@testable import HeliographModels

@Suite("Transaction control in statements")
struct TransactionControlTests {
    @Test(
        "It is found behind white space, comments and empty statements, in any case",
        arguments: [
            ("BEGIN", "BEGIN"), ("begin;", "BEGIN"), ("Start Transaction", "START"),
            (" \t\r\n\u{B}\u{C}commit", "COMMIT"),
            ("-- why\nEND", "END"), ("--\rROLLBACK TO x", "ROLLBACK"), ("/* a /* b */ c */ABORT", "ABORT"),
            ("/**//**/savepoint x", "SAVEPOINT"), ("release/**/x", "RELEASE"), (";; ; commit", "COMMIT"),
            ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION"),
            ("prepare /* */ -- y\n transaction 'x'", "PREPARE TRANSACTION"),
            ("COMMIT PREPARED 'x'", "COMMIT"), ("commit--", "COMMIT"),
        ]
    )
    func found(text: String, command: String) {
        #expect(TransactionControl.command(in: text) == command)
        #expect(throws: PostgresError.self) { try TransactionControl.refuse(SQL(unsafe: text)) }
    }

    @Test(
        "Other statements are left alone",
        arguments: [
            "SELECT 1", "", "   ", "-- COMMIT", "/* COMMIT */", "/* COMMIT", "/* /* */ COMMIT */ SELECT 1", "BEGINNING",
            "commit_all", "PREPARE plan AS SELECT 1", "SELECT 'COMMIT'", "UPDATE t SET a = 1; -- COMMIT", "\"commit\"",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "WITH x AS (SELECT 1) SELECT 2", "ENDE", "prepare", "/",
            "-",
            "savepoints", "\u{E9}begin",
        ]
    )
    func leftAlone(text: String) throws {
        #expect(TransactionControl.command(in: text) == nil)
        try TransactionControl.refuse(SQL(unsafe: text))
    }

    @Test("Statements that may be sent with others are found however they are written and put together")
    func plain() {
        let text = "SELECT"
        for sql: SQL in [
            "SELECT 1", "select 1", "SELECT\n1", "/**/ insert into t values (1)", "values(1)",
            "WITH x AS (SELECT 1) SELECT 2",
            "\(unsafe: "SEL")\(unsafe: "ECT") 1", "\(unsafe: text) \(Int64(1))", "mErGe INTO t", "SELECT", "(SELECT 1)",
        ] {
            let expected = !sql.text.hasPrefix("(")
            #expect(TransactionControl.isPlain(sql) == expected, "\(sql.text)")
        }
        for sql: SQL in [
            "", "COMMIT", "SELECTION 1", "insert_all x", "\(unsafe: "COM")\(unsafe: "MIT")", "COPY t FROM STDIN",
            "SHOW x",
            "\(Int64(1))SELECT 1", "WITHOUT 1", "\u{13}\u{5}\u{C}\u{5}\u{3}\u{14} 1",
        ] {
            #expect(!TransactionControl.isPlain(sql), "\(sql.text)")
        }
        #expect(throws: PostgresError.self) {
            try TransactionControl.refuse("\(unsafe: "COM")\(unsafe: "MIT")")
        }
    }

    @Test("The refusal says what to do instead")
    func message() {
        let error = #expect(throws: PostgresError.self) { try TransactionControl.refuse("rollback") }
        #expect(error?.code == .invalidUse)
        #expect(error?.message.hasPrefix("ROLLBACK is not for a statement in a transaction") == true)
    }
}
