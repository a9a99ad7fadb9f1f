import Testing

@testable import HeliographPostgres

@Suite("Errors")
struct ErrorTests {
    @Test("The description is one line without the server's detail, which quotes rows; the debug description has it")
    func redaction() {
        var error = PostgresError(.server, "duplicate key\n value", sqlState: .uniqueViolation)
        error.detail = "Key (email)=(secret@example.org) already exists."
        error.constraint = "users_email_key"
        #expect(error.description == "duplicate key value (SQLSTATE 23505)")
        #expect(error.debugDescription.contains("secret@example.org"))
        #expect(error.debugDescription.contains("users_email_key"))
    }

    @Test(
        "What may succeed when it is tried again",
        arguments: [
            ("40001", true), ("40P01", true), ("55P03", true), ("53300", true), ("57P01", true), ("08006", true),
            ("25P03", true), ("HG001", true), ("57014", false), ("23505", false), ("42P01", false), ("22P02", false),
        ]
    )
    func transient(state: String, isTransient: Bool) {
        #expect(PostgresError(.server, "", sqlState: SQLState(rawValue: state)).isTransient == isTransient)
    }

    @Test("A lost connection is transient, a wrong password is not")
    func connections() {
        #expect(PostgresError(.connectionLost, "").isTransient)
        #expect(PostgresError(.connectionLost, "").isConnectionLoss)
        #expect(!PostgresError(.connectionFailed, "", sqlState: .invalidPassword).isTransient)
        #expect(!PostgresError(.decoding, "").isTransient)
        #expect(PostgresError(.server, "", sqlState: .adminShutdown).isConnectionLoss)
    }
}
