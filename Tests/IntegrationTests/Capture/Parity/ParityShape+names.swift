extension ParityShape {
    /// What things are called.
    static let names: [ParityShape] = [
        ParityShape(
            name: "another schema", setUp: "CREATE SCHEMA shop;", schema: "shop", relation: "orders",
            columns: [Column("id", "int", "PRIMARY KEY"), Column("v", "text")], key: ["id"],
            made: { ["id": "\($0)", "v": "'v\($0)'"] }, changed: { ["v": "'w\($0)'"] }, moved: { ["id": "\($0 + 10)"] },
            model: OtherSchemaModel.self),
        ParityShape(
            name: "names that need quotes", setUp: #"CREATE SCHEMA "My ""Shop""";"#, schema: #""My ""Shop""""#,
            relation: #""größe ' $capture$ %s""#,
            columns: [
                Column("Ключ", "int", "PRIMARY KEY"), Column("a\"b", "text"), Column("select", "text"),
                Column("x y\\z", "text"), Column("it's", "int"), Column("$1", "int"), Column("%I", "int"),
                Column("😀", "int"), Column("a:b,c{d}", "text"),
                // Cut by PostgreSQL at 63 bytes, were it longer.
                Column(String(repeating: "n", count: 63), "int"),
            ],
            key: ["Ключ"],
            made: {
                [
                    "Ключ": "\($0)", "a\"b": "'q'", "select": "'s'", "x y\\z": "'b'", "it's": "1", "$1": "2", "%I": "3",
                    "😀": "4", "a:b,c{d}": "'m'", String(repeating: "n", count: 63): "5",
                ]
            },
            changed: {
                ["a\"b": "'z\($0)'", "it's": "NULL", "a:b,c{d}": "'{\"a\":1}'", String(repeating: "n", count: 63): "6"]
            },
            moved: { ["Ключ": "\($0 + 10)"] }, model: QuotedNamesModel.self),
        ParityShape(
            name: "a backslash in the table's name", relation: #""a\b""#,
            columns: [Column("id", "int", "PRIMARY KEY"), Column("v", "text")], key: ["id"],
            made: { ["id": "\($0)", "v": "'v'"] }, changed: { ["v": "'w\($0)'"] }, moved: { ["id": "\($0 + 10)"] }),
        ParityShape(
            name: "columns called as our aliases",
            columns: aliases.map { Column($0, "int") } + [Column("key", "int", "PRIMARY KEY")], key: ["key"],
            made: { row in Dictionary(uniqueKeysWithValues: (aliases + ["key"]).map { ($0, "\(row)") }) },
            changed: { row in ["n": "\(row + 1)", "t": "NULL", "instance": "\(row + 2)", "gone": "\(row + 3)"] },
            moved: { ["key": "\($0 + 10)"] }),
    ]

    /// Names that stand for something in the capture functions' statements.
    private static let aliases = [
        "t", "n", "o", "k", "p", "x", "f", "c", "s", "e", "r", "ok", "oe", "ne", "id", "gone", "image", "v1", "o1",
        "n1",
        "k1", "d", "d1", "oi", "ni", "__hg_n", "__hg_o", "logged", "missed", "settings", "former", "sender",
        "operation",
        "instance", "previous", "changed", "previous_key", "lane_hash", "context", "writer", "at", "xid", "incarnation",
        "tg_op", "tg_relid", "tg_when", "tg_level", "new", "old", "value", "found", "bool", "json", "text", "row",
        "heliograph", "pg_catalog", "signal_log", "null",
    ]
}
