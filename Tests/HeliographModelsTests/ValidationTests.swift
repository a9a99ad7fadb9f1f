import Testing

@testable import HeliographModels
@testable import HeliographPostgres

@Suite("Validation failures")
struct ValidationTests {
    private func violation(
        _ state: SQLState, constraint: String? = nil, column: String? = nil, table: String? = "users",
        schema: String? = "public"
    ) -> PostgresError {
        var error = PostgresError(.server, "violated", sqlState: state)
        error.constraint = constraint
        error.column = column
        error.table = table
        error.schema = schema
        return error
    }

    private func fields(_ error: PostgresError) -> [String]? {
        User.mapping.table.failure(for: error)?.fields.map { "\($0.field) \($0.code)" }
    }

    @Test("Merging keeps the order and leaves out what is there already")
    func merge() {
        var failure = ValidationFailure(field: "email", code: "unique", message: "taken")
        failure.merge(
            ValidationFailure([
                FieldError(field: "username", code: "length", message: "too long"),
                FieldError(field: "email", code: "unique", message: "taken"),
                FieldError(field: "email", code: "invalid", message: "no address"),
            ])
        )
        #expect(failure.fields.map(\.code) == ["unique", "length", "invalid"])
        #expect(failure.description == "email: taken; username: too long; email: no address")
        #expect(ValidationFailure(field: "", code: "x", message: "no").description == "no")
    }

    @Test("A unique violation is found on its field by declared names and by those PostgreSQL chooses")
    func unique() throws {
        #expect(fields(violation("23505", constraint: "users_email_key")) == ["email unique"])
        #expect(fields(violation("23505", constraint: "users_email_idx")) == ["email unique"])
        #expect(fields(violation("23505", constraint: "one_nickname_each")) == ["nickname unique"])
        #expect(fields(violation("23505", constraint: "users_pkey")) == ["id unique"])
        #expect(fields(violation("23505", constraint: "something_else")) == [" unique"])
        let failure = try #require(
            User.mapping.table.failure(for: violation("23505", constraint: "users_email_key"))
        )
        #expect(failure.description == "email: a row with this email already exists")
        #expect(failure.cause?.sqlState == .uniqueViolation)
    }

    @Test("A composite key is at fault with all its fields")
    func compositeKey() {
        let error = violation("23505", constraint: "user_pkey", table: "user", schema: "My \"Shop\"")
        #expect(Membership.mapping.table.failure(for: error)?.fields.map(\.field) == ["group", "Order"])
    }

    @Test("The other violations have their codes")
    func kinds() {
        #expect(fields(violation("23502", column: "username")) == ["username required"])
        #expect(fields(violation("23514", constraint: "users_username_check")) == ["username check"])
        #expect(fields(violation("23514", constraint: "email_has_at")) == ["email check"])
        #expect(fields(violation("23514", constraint: "unknown")) == [" check"])
        #expect(fields(violation("23503", constraint: "users_nickname_fkey")) == ["nickname reference"])
        #expect(fields(violation("22001", table: nil)) == [" length"])
        #expect(fields(violation("22003", table: nil)) == [" range"])
    }

    @Test("Errors that are not about the instance stay what they are")
    func others() {
        #expect(fields(violation("23505", constraint: "users_email_key", table: "audit")) == nil)
        #expect(fields(violation("40001", table: nil)) == nil)
        #expect(fields(PostgresError(.connectionLost, "gone")) == nil)
        let elsewhere = violation("23505", constraint: "profiles_pkey", table: "profiles", schema: "public")
        #expect(Profile.mapping.table.failure(for: elsewhere) == nil)
    }

    @Test("A deletion is refused by the rows that still refer to it, whatever their table")
    func deletion() {
        let error = violation("23503", constraint: "orders_user_id_fkey", table: "orders")
        let failure = User.mapping.table.deletionFailure(for: error)
        #expect(failure?.fields.map(\.code) == ["reference"])
        #expect(failure?.fields.map(\.field) == [""])
    }
}
