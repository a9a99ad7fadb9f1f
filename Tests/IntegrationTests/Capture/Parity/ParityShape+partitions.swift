extension ParityShape {
    /// Partitioned tables, each through its own name and through those of its partitions.
    static let partitions: [ParityShape] =
        [
            tree, tree.through("low", rows: 1...2), tree.through("high", rows: 3...4),
            tree.through("high_0", rows: 3...4),
        ]
        + [goers, hashed]

    /// One partition with its columns in another order, one with a partition of its own. No row leaves its partition.
    private static let tree = ParityShape(
        name: "partitioned by range",
        columns: [Column("id", "int"), Column("r", "int"), Column("v", "text"), Column("at", "timestamptz")],
        constraints: "PRIMARY KEY (id, r)", storage: "PARTITION BY RANGE (r)",
        afterwards: """
            CREATE TABLE low (gone int, at timestamptz, v text, r int NOT NULL, id int NOT NULL); ALTER TABLE low DROP gone;
            ALTER TABLE t ATTACH PARTITION low FOR VALUES FROM (0) TO (25);
            CREATE TABLE high PARTITION OF t FOR VALUES FROM (25) TO (100) PARTITION BY HASH (id);
            CREATE TABLE high_0 PARTITION OF high FOR VALUES WITH (MODULUS 1, REMAINDER 0);
            CREATE TABLE rest PARTITION OF t DEFAULT;
            """,
        partition: { _, row in row < 3 ? "public.low" : "public.high_0" },
        otherOrder: (1...2, ["at", "v", "r", "id"]), key: ["id", "r"],
        made: { ["id": "\($0)", "r": "\($0 * 10)", "v": "'v'", "at": "'2026-01-0\($0) 00:00+00'"] },
        changed: { ["v": "'w\($0)'", "at": $0 == 2 ? "NULL" : "'infinity'"] }, moved: { ["id": "\($0 + 10)"] })

    /// Any change takes a row to another partition; its key, which is not that of the partitions, stays.
    private static let goers = ParityShape(
        name: "partitioned by what changes",
        columns: [Column("id", "int", "NOT NULL"), Column("r", "int"), Column("v", "text")],
        storage: "PARTITION BY LIST (r)",
        afterwards:
            "CREATE TABLE one PARTITION OF t FOR VALUES IN (1); CREATE TABLE two PARTITION OF t FOR VALUES IN (2);",
        partition: { operation, _ in operation == .change ? "public.two" : "public.one" }, crossing: [.change],
        key: ["id"], namesKey: true, isUnique: false, made: { ["id": "\($0)", "r": "1", "v": "'v'"] },
        changed: { _ in ["r": "2", "v": "'w'"] }, moved: { ["id": "\($0 + 10)"] })

    /// A changed key takes a row to another partition.
    private static let hashed = ParityShape(
        name: "partitioned by the key", columns: [Column("id", "int", "PRIMARY KEY"), Column("v", "text")],
        storage: "PARTITION BY RANGE (id)",
        afterwards:
            "CREATE TABLE one PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE two PARTITION OF t DEFAULT;",
        partition: { operation, _ in operation == .move ? "public.two" : "public.one" }, crossing: [.move], key: ["id"],
        made: { ["id": "\($0)", "v": "'v'"] }, changed: { ["v": "'w\($0)'"] }, moved: { ["id": "\($0 + 10)"] })

    private func through(_ partition: String, rows: ClosedRange<Int>) -> ParityShape {
        var shape = self
        shape.name += ", through \(partition)"
        shape.target = "public.\(partition)"
        shape.rows = rows
        return shape
    }
}
