extension ParityPath {
    /// What foreign keys do. Of any shape, whose key refers to `parity.parent`; of shapes of their own, see
    /// ``ParityShape/references``.
    static let references: [ParityPath] = [
        .scripts(
            "ON DELETE CASCADE", [.each(.delete), .of(.delete, .nothing, .delete)], suits: \.isReferable,
            around: .init(prepare: \.parent, finish: \.orphan, arrange: \.refillParent)
        ) { sql, _ in
            [
                "DELETE FROM parity.parent AS p USING parity.todo AS s WHERE \(sql.match("p")) AND \(sql.isToDo(.delete))"
            ]
        },
        .scripts(
            "ON UPDATE CASCADE", [.each(.move), .of(.move, .nothing, .move)], suits: \.isReferable,
            around: .init(prepare: \.parent, finish: \.orphan, arrange: \.refillParent)
        ) { sql, _ in
            [
                """
                UPDATE parity.parent AS p SET \(sql.assignments(sql.shape.key)) FROM parity.todo AS s
                WHERE \(sql.match("p")) AND \(sql.isToDo(.move))
                """
            ]
        },
        .scripts(
            "a deferrable foreign key: parents come after", [.each(.create)], suits: \.isReferable,
            around: .init(prepare: \.parent, finish: \.orphan, arrange: { _ in "DELETE FROM parity.parent;" })
        ) { sql, _ in
            [
                """
                BEGIN; SET CONSTRAINTS ALL DEFERRED; \(sql.bulk(.create));
                INSERT INTO parity.parent SELECT \(sql.list(sql.shape.key, "s.")) FROM parity.todo AS s; COMMIT;
                """
            ]
        },
    ]
}

extension ParityShape {
    /// Whether the key can refer to another table, and follow it.
    fileprivate var isReferable: Bool { isUnique && moved != nil }
}

extension ParitySQL {
    /// A table with all keys, to which this one's refers.
    fileprivate var parent: String {
        let key = list(shape.key)
        return """
            CREATE TABLE parity.parent AS SELECT \(key) FROM parity.state WHERE false;
            ALTER TABLE parity.parent ADD PRIMARY KEY (\(key));
            DELETE FROM \(target);
            ALTER TABLE \(target) ADD CONSTRAINT parity_parent FOREIGN KEY (\(key)) REFERENCES parity.parent
                ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE;
            """
    }

    fileprivate var orphan: String {
        "ALTER TABLE \(target) DROP CONSTRAINT parity_parent; DROP TABLE parity.parent;"
    }

    fileprivate var refillParent: String {
        """
        DELETE FROM parity.parent;
        INSERT INTO parity.parent SELECT \(list(shape.key)) FROM parity.state WHERE "parity step" = 'create';
        """
    }
}
