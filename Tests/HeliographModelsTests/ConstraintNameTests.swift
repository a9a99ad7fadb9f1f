import Testing

@testable import HeliographModels

@Suite("Constraint names")
struct ConstraintNameTests {
    /// What PostgreSQL 15 called the constraint on such a column.
    @Test(
        "They are cut as PostgreSQL cuts them",
        arguments: [
            ("users", "email", "users_email_key"),
            (
                String(repeating: "t", count: 40), String(repeating: "c", count: 40),
                String(repeating: "t", count: 29) + "_" + String(repeating: "c", count: 29) + "_key"
            ),
            (
                String(repeating: "t", count: 63), "id",
                String(repeating: "t", count: 56) + "_id_key"
            ),
            (
                "t", String(repeating: "c", count: 63),
                "t_" + String(repeating: "c", count: 57) + "_key"
            ),
            (
                String(repeating: "ö", count: 31), "id",
                String(repeating: "ö", count: 28) + "_id_key"
            ),
        ]
    )
    func unique(table: String, column: String, name: String) {
        #expect(ConstraintName.chosen(table: table, column: column, label: "key") == name)
    }

    @Test("A primary key's name has no column")
    func primaryKey() {
        #expect(ConstraintName.chosen(table: "users", column: nil, label: "pkey") == "users_pkey")
        #expect(
            ConstraintName.chosen(table: String(repeating: "t", count: 63), column: nil, label: "pkey")
                == String(repeating: "t", count: 58) + "_pkey"
        )
    }
}
