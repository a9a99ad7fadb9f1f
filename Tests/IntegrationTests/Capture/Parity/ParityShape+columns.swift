extension ParityShape {
    /// What kinds of columns there are.
    static let columns: [ParityShape] = [
        ParityShape(
            name: "generated columns",
            columns: [
                Column("id", "int", "PRIMARY KEY"), Column("a", "int"),
                Column("twice", "int", "GENERATED ALWAYS AS (a * 2) STORED", isGenerated: true), Column("v", "text"),
                Column("label", "text", "GENERATED ALWAYS AS ('#' || id::text) STORED", isGenerated: true),
            ],
            key: ["id"], made: { ["id": "\($0)", "a": "\($0)", "v": "'v'"] }, changed: { ["a": "\($0 + 1)"] },
            moved: { ["id": "\($0 + 10)"] }),
        ParityShape(
            name: "columns that are left out",
            columns: [
                Column("secret", "text", isExcluded: true), Column("id", "int", "PRIMARY KEY"),
                Column("hidden", "bytea", isExcluded: true), Column("v", "text"), Column("w", "timestamptz"),
            ],
            key: ["id"],
            made: {
                [
                    "id": "\($0)", "secret": "'hush'", "hidden": "'\\x01'", "v": "'v'",
                    "w": "'2026-01-02 03:04:05.678901+00'",
                ]
            },
            // Of every other row only what is left out changes.
            changed: { ["secret": "'more'", "v": $0 % 2 == 0 ? "'v'" : "'w'", "hidden": "NULL"] },
            moved: { ["id": "\($0 + 10)", "secret": "NULL"] }, model: ExcludedColumnsModel.self),
        ParityShape(
            name: "200 columns",
            columns: [Column("id", "int", "PRIMARY KEY")]
                + (1...199).map { Column("c\($0)", ["int", "text", "timestamptz", "numeric", "bool"][$0 % 5]) },
            key: ["id"],
            made: { row in
                Dictionary(uniqueKeysWithValues: (1...199).map { ("c\($0)", wideValue($0, row)) })
                    .merging(["id": "\(row)"]) { $1 }
            },
            changed: { row in
                Dictionary(
                    uniqueKeysWithValues: stride(from: 7, to: 199, by: 7).map { ("c\($0)", wideValue($0, row + 1)) })
            },
            moved: { ["id": "\($0 + 10)"] }),
        ParityShape(
            name: "columns that were dropped and added",
            creation: """
                CREATE TABLE t (gone int, id int PRIMARY KEY, went text DEFAULT 'x', v text);
                ALTER TABLE t DROP gone; ALTER TABLE t DROP went; ALTER TABLE t ADD late int DEFAULT 7;
                ALTER TABLE t ADD last timestamptz
                """,
            columns: [
                Column("id", "int"), Column("v", "text"), Column("late", "int"), Column("last", "timestamptz"),
            ],
            key: ["id"], made: { ["id": "\($0)", "v": "'v'", "late": "\($0)", "last": "'infinity'"] },
            changed: { ["late": "NULL", "last": "'2026-01-0\($0) 00:00+00'"] }, moved: { ["id": "\($0 + 10)"] }),
        // What an update leaves as it is stays in the table's side table, and is not in the new row's image.
        ParityShape(
            name: "values that are stored out of line",
            creation: """
                CREATE TABLE t (id int PRIMARY KEY, large text, packed text, v int, bytes bytea);
                ALTER TABLE t ALTER large SET STORAGE EXTERNAL
                """,
            columns: [
                Column("id", "int", "PRIMARY KEY"), Column("large", "text"), Column("packed", "text"),
                Column("v", "int"), Column("bytes", "bytea"),
            ],
            key: ["id"],
            made: { row in
                [
                    "id": "\(row)", "v": "1", "packed": "pg_catalog.repeat('\(row)', 100000)",
                    "large":
                        "(SELECT pg_catalog.string_agg(pg_catalog.md5(g::text), '') FROM pg_catalog.generate_series(1, 300 * \(row)) AS g)",
                    "bytes":
                        "(SELECT pg_catalog.string_agg(pg_catalog.sha256(g::text::bytea), '') FROM pg_catalog.generate_series(1, 200) AS g)",
                ]
            },
            changed: { $0 == 1 ? ["v": "2", "packed": "'short'"] : ["v": "\($0)", "packed": "packed"] },
            moved: { ["id": "\($0 + 10)"] }),
    ]

    private static func wideValue(_ column: Int, _ row: Int) -> String {
        switch column % 5 {
        case 0: "\(column * row)"
        case 1: "'text \(column) of row \(row)'"
        case 2: "'2026-01-0\(row) 00:00:00.\(column)+00'"
        case 3: "\(row).\(column)0"
        default: row % 2 == 0 ? "true" : "NULL"
        }
    }
}
