import HeliographPostgres

/// A table as it is in the database.
package struct LiveTable: Sendable {
    struct Column: Sendable {
        let name: String
        /// The type, as PostgreSQL writes it.
        let typeName: String
        /// Its name alone, or that of the one below the domain, unquoted.
        let bareTypeName: String
        /// The type, or the one below the domain.
        let type: PostgresType
        /// The type of an array's elements.
        let element: PostgresType?
        let isNotNull: Bool
        /// Whether the database fills it in where a statement gives nothing.
        let isFilledIn: Bool
        /// Whether the database alone writes it (GENERATED ALWAYS).
        let isReadOnly: Bool
        /// What the database fills in, as an expression; an identity has none.
        let defaultExpression: String?
        /// The labels of an enum, in its order; empty for other types.
        let labels: [String]
        let comment: String?
    }

    struct Index: Sendable {
        let name: String
        let isPrimary: Bool
        /// Whether it is for some rows only.
        let isPartial: Bool
        /// The columns, in the index's order; an expression is none.
        let columns: [String]
        let hasExpression: Bool
        /// Whether no two rows have the same values in its columns.
        var isOfColumns: Bool { !hasExpression && !isPartial }
    }

    struct Reference: Sendable {
        let name: String
        let columns: [String]
        let schema: String
        let table: String
        let targets: [String]
        let onDelete: ForeignKey.Action
        let onUpdate: ForeignKey.Action
    }

    struct Check: Sendable {
        let name: String
        let isValidated: Bool
    }

    let schema: String
    let name: String
    /// Whether it is a view, of whose columns the catalogue does not know NULL, keys and constraints.
    let isView: Bool
    /// Whether a trigger may fill columns in before a row is inserted.
    let hasTriggers: Bool
    let comment: String?
    let columns: [Column]
    /// Unique indexes.
    let uniqueIndexes: [Index]
    let references: [Reference]
    let checks: [Check]

    /// Reads a table.
    /// - Parameter table: its name as in SQL, quoted where it must be.
    /// - Returns: `nil` if there is none.
    package static func read(_ table: String, from reader: some ModelReader) async throws -> LiveTable? {
        func rows(_ sql: SQL) async throws -> Rows { try await reader.rows(sql, file: #fileID, line: #line) }
        let tables = try await rows(
            """
            SELECT c.oid::int8, n.nspname, c.relname, obj_description(c.oid, 'pg_class'),
                c.relkind IN ('v', 'm'),
                EXISTS (SELECT FROM pg_trigger AS g
                    WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgtype & 7 = 7)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = to_regclass(\(table)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            """)
        guard let row = tables.first else { return nil }
        let id: Int64 = try row.decode(0)
        let columns = try await rows(
            """
            WITH RECURSIVE types (id, base, is_not_null) AS (
                SELECT DISTINCT atttypid, atttypid, false FROM pg_attribute
                WHERE attrelid = \(id)::oid AND attnum > 0 AND NOT attisdropped
                UNION ALL
                SELECT types.id, t.typbasetype, types.is_not_null OR t.typnotnull
                FROM types JOIN pg_type AS t ON t.oid = types.base WHERE t.typtype = 'd'
            )
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.oid::int8,
                CASE WHEN b.typcategory = 'A' THEN b.typelem::int8 END, a.attnotnull OR types.is_not_null,
                a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
                a.attidentity = 'a' OR a.attgenerated <> '',
                pg_get_expr(d.adbin, d.adrelid),
                ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = b.oid ORDER BY enumsortorder),
                col_description(a.attrelid, a.attnum), b.typname
            FROM pg_attribute AS a
            JOIN pg_type AS t ON t.oid = a.atttypid
            JOIN types ON types.id = a.atttypid
            JOIN pg_type AS b ON b.oid = types.base AND b.typtype <> 'd'
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = \(id)::oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """)
        let indexes = try await rows(
            """
            SELECT c.relname, i.indisprimary, ARRAY(
                SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                WHERE k.place <= i.indnkeyatts ORDER BY k.place), i.indexprs IS NOT NULL, i.indpred IS NOT NULL
            FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
            WHERE i.indrelid = \(id)::oid AND i.indisunique AND i.indisvalid
            ORDER BY i.indisprimary DESC, c.relname
            """)
        let references = try await rows(
            """
            SELECT c.conname, ARRAY(
                    SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.place),
                n.nspname, f.relname, ARRAY(
                    SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
                    JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.place),
                \(Self.action("c.confdeltype")), \(Self.action("c.confupdtype"))
            FROM pg_constraint AS c JOIN pg_class AS f ON f.oid = c.confrelid
            JOIN pg_namespace AS n ON n.oid = f.relnamespace
            WHERE c.conrelid = \(id)::oid AND c.contype = 'f' ORDER BY c.conname
            """)
        let checks = try await rows(
            "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = \(id)::oid AND contype = 'c' ORDER BY conname"
        )
        return LiveTable(
            schema: try row.decode(1), name: try row.decode(2), isView: try row.decode(4),
            hasTriggers: try row.decode(5),
            comment: try row.decode(3),
            columns: try columns.map { row in
                Column(
                    name: try row.decode(0), typeName: try row.decode(1), bareTypeName: try row.decode(10),
                    type: PostgresType(rawValue: UInt32(truncatingIfNeeded: try row.decode(2, as: Int64.self))),
                    element: try row.decode(3, as: Int64?.self).map {
                        PostgresType(rawValue: UInt32(truncatingIfNeeded: $0))
                    }, isNotNull: try row.decode(4), isFilledIn: try row.decode(5), isReadOnly: try row.decode(6),
                    defaultExpression: try row.decode(7), labels: try row.decode(8), comment: try row.decode(9))
            },
            uniqueIndexes: try indexes.map { row in
                Index(
                    name: try row.decode(0), isPrimary: try row.decode(1), isPartial: try row.decode(4),
                    columns: try row.decode(2),
                    hasExpression: try row.decode(3))
            },
            references: try references.map { row in
                Reference(
                    name: try row.decode(0), columns: try row.decode(1), schema: try row.decode(2),
                    table: try row.decode(3), targets: try row.decode(4),
                    onDelete: ForeignKey.Action(rawValue: try row.decode(5)) ?? .noAction,
                    onUpdate: ForeignKey.Action(rawValue: try row.decode(6)) ?? .noAction)
            },
            checks: try checks.map { Check(name: try $0.decode(0), isValidated: try $0.decode(1)) })
    }

    private static func action(_ column: String) -> SQL {
        """
        CASE \(unsafe: column) WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
            WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END
        """
    }
}
