import Heliograph

extension ParityPath {
    /// What kind of transaction it is, and how it ends.
    static let transactions: [ParityPath] = [
        .scripts("savepoints, rolled back and released", .together) { sql, mix in
            let all = sql.bulkScript
            return [
                """
                BEGIN; SAVEPOINT a; \(all) ROLLBACK TO a; SAVEPOINT b; SAVEPOINT c; \(all) RELEASE c; ROLLBACK TO b;
                SAVEPOINT d; \(all) RELEASE d; COMMIT;
                """
            ]
        },
        .scripts("rolled back", [.of(.nothing, .nothing, .nothing, .nothing)]) { sql, _ in
            [
                "BEGIN; \(sql.one(.init(operation: .delete, row: 1))) TRUNCATE \(sql.target); ROLLBACK;",
                "BEGIN; \(sql.one(.init(operation: .change, row: 2))) ROLLBACK AND CHAIN; ROLLBACK;",
            ]
        },
        isolated("REPEATABLE READ"), isolated("SERIALIZABLE"),
        ParityPath(
            name: "PREPARE TRANSACTION, committed by another session", mixes: .together, attaches: true,
            around: .init(prepare: { $0.attach(bell: false) }, finish: { $0.attach(bell: true) })
        ) { rig, mix in
            let name = "parity \(rig.sql.stranger)"
            try await rig.writer.runScript(
                unsafe: "BEGIN; \(rig.sql.bulkScript) SAVEPOINT s; RELEASE s; PREPARE TRANSACTION '\(name)'")
            try await rig.elsewhere("COMMIT PREPARED '\(name)'")
        },
        .scripts(
            "a deferred constraint that holds only at COMMIT", [.each(.create)],
            around: .init(
                prepare: { sql in
                    """
                    CREATE TABLE parity.late (n int PRIMARY KEY);
                    CREATE FUNCTION parity.row_is_there() RETURNS trigger LANGUAGE plpgsql AS $act$ BEGIN
                        IF NOT EXISTS (SELECT FROM parity.late) THEN RAISE foreign_key_violation; END IF;
                        RETURN NULL;
                    END $act$;
                    CREATE CONSTRAINT TRIGGER parity_late AFTER INSERT ON \(sql.target) DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION parity.row_is_there();
                    """
                },
                finish: { "DROP TRIGGER parity_late ON \($0.target);" },
                arrange: { _ in "DELETE FROM parity.late;" })
        ) { sql, _ in ["BEGIN; \(sql.bulk(.create)); INSERT INTO parity.late VALUES (1); COMMIT;"] },
    ]

    private static func isolated(_ level: String) -> ParityPath {
        .scripts("ISOLATION LEVEL \(level)", .together) { sql, mix in
            ["BEGIN ISOLATION LEVEL \(level); SELECT FROM parity.todo; \(sql.bulkScript) COMMIT;"]
        }
    }
}

extension ParitySQL {
    /// Attaches the table again, with or without the bell.
    fileprivate func attach(bell: Bool) -> String {
        let options = shape.options
        func array(_ names: [String]) -> String {
            "ARRAY[\(names.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", "))]::text[]"
        }
        return """
            SELECT heliograph.attach('\(shape.table.replacing("'", with: "''"))', exclude => \(array(options.excludedColumns)),
                key => \(options.keyColumns.map(array) ?? "NULL"), bell => \(bell), always => \(options.isAlways));
            """
    }
}
