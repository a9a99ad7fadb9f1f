extension ParityShape {
    /// Tables whose rows foreign keys change.
    static let references: [ParityShape] = [
        referring(
            "reference that is set to NULL", "REFERENCES p ON DELETE SET NULL", changed: { _ in "NULL" },
            [parent("ON DELETE SET NULL", "DELETE FROM p USING")]),
        referring(
            "reference that is set to its default",
            "DEFAULT 0 REFERENCES p ON DELETE SET DEFAULT ON UPDATE SET DEFAULT",
            changed: { _ in "0" },
            [
                parent("ON DELETE SET DEFAULT", "DELETE FROM p USING"),
                parent("ON UPDATE SET DEFAULT", "UPDATE p SET id = p.id + 200 FROM"),
            ]),
        referring(
            "reference that follows", "REFERENCES p ON UPDATE CASCADE", changed: { "\($0 + 100)" },
            [parent("ON UPDATE CASCADE", "UPDATE p SET id = p.id + 100 FROM")]),
        ParityShape(
            name: "tree",
            columns: [Column("id", "int", "PRIMARY KEY"), Column("up", "int", "REFERENCES t ON DELETE CASCADE")],
            key: ["id"], made: { ["id": "\($0)", "up": $0 == 1 ? "NULL" : "\($0 - 1)"] },
            changed: { _ in ["up": "NULL"] },
            ownPaths: [
                .scripts("down the tree", [.each(.delete, rows: 1...4), .each(.delete, rows: 1...1)]) { sql, _ in
                    [sql.one(ParityStep(operation: .delete, row: 1))]
                }
            ], takesOwnPathsAlone: true),
    ]

    private static func referring(
        _ name: String, _ reference: String, changed: @escaping @Sendable (Int) -> String, _ paths: [ParityPath]
    ) -> ParityShape {
        ParityShape(
            name: name,
            setUp: """
                CREATE TABLE p (id int PRIMARY KEY);
                INSERT INTO p SELECT g FROM generate_series(0, 4) AS g UNION SELECT g FROM generate_series(101, 104) AS g;
                """,
            columns: [Column("id", "int", "PRIMARY KEY"), Column("p", "int", reference), Column("v", "text")],
            key: ["id"], made: { ["id": "\($0)", "v": "'v'", "p": "\($0)"] }, changed: { ["p": changed($0)] },
            moved: { ["id": "\($0 + 10)"] }, ownPaths: paths)
    }

    /// What is done to the parents changes the rows that refer to them.
    private static func parent(_ name: String, _ beginning: String) -> ParityPath {
        .scripts(
            name, [.each(.change), .of(.change, .nothing, .change)],
            around: .init(arrange: { _ in "DELETE FROM p; INSERT INTO p SELECT generate_series(0, 4);" })
        ) { sql, _ in
            ["\(beginning) parity.todo AS s WHERE p.id = s.id AND \(sql.isToDo(.change))"]
        }
    }
}
