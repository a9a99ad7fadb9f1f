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

    @Test("The refusal says what to do instead")
    func message() {
        let error = #expect(throws: PostgresError.self) { try TransactionControl.refuse("rollback") }
        #expect(error?.code == .invalidUse)
        #expect(error?.message.hasPrefix("ROLLBACK is not for a statement in a transaction") == true)
    }
}
