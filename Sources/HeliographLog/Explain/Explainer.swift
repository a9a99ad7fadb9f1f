public import HeliographPostgres

/// Finds out who receives a table's signals.
public struct Explainer: Sendable {
    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// - Parameter table: a name as SQL would have it; of a table that is gone, the sender's.
    /// - Throws: ``LogError`` with `unknownTable`, or when the schema is missing; ``PostgresError``.
    public func explain(_ table: String, on connection: Connection) async throws -> TableExplanation {
        do {
            let status = try await StatusReader(schema: schema).read(on: connection)
            guard let place = try await place(of: table, on: connection) else {
                throw LogError(.unknownTable, "there is no table \(table) in this database")
            }
            return TableExplanation(
                table: place.name, capture: place.capture,
                subscriptions: try await subscriptions(of: place.capture?.sender, status, on: connection),
                triggers: try await triggers(of: place, on: connection)
            )
        } catch {
            throw LogError.explain(error, schema: schema)
        }
    }

    private struct Place {
        let oid: Int64?
        let name: String?
        let capture: TableExplanation.Capture?
    }

    private func place(of table: String, on connection: Connection) async throws -> Place? {
        // By the sender's name only where no table has it: another one may have been given it since.
        let rows = try await connection.query(
            """
            SELECT named.oid::int8, \(schema.sql).sender_name(named.oid), a.sender, a.key_columns, a.excluded, a.operations,
                a.bell, to_jsonb(a)::text
            FROM (SELECT to_regclass(\(table))::oid AS oid) AS named
            LEFT JOIN \(schema.sql).attachment AS a ON CASE WHEN named.oid IS NULL THEN a.sender = \(table)
                ELSE \(schema.sql).is_captured(named.oid, a.relid, a.sender, a.function_name)
                    OR a.relid = named.oid AND a.sender = \(schema.sql).sender_name(named.oid) END
            """
        )
        guard let row = rows.first else { return nil }
        let (oid, name): (Int64?, String?) = (try row.decode(0), try row.decode(1))
        guard let sender: String = try row.decode(2) else {
            return oid == nil ? nil : Place(oid: oid, name: name, capture: nil)
        }
        let capture = TableExplanation.Capture(
            sender: sender, keyColumns: try row.decode(3), excludedColumns: try row.decode(4),
            operations: try row.decode(5), ringsBell: try row.decode(6),
            options: try Self.options(in: try row.decode(7)),
            findingCount: try await findingCount(of: sender, on: connection)
        )
        return Place(oid: oid, name: name, capture: capture)
    }

    private func findingCount(of sender: String, on connection: Connection) async throws -> Int? {
        let function = "\(schema).capture_findings()"
        let mayLook = try await connection.query("SELECT has_function_privilege(\(function), 'EXECUTE')")
        guard try mayLook.first?.decode(0) == true else { return nil }
        let found = try await connection.query(
            "SELECT count(*) FROM \(schema.sql).capture_findings() AS f WHERE f.subject = \(sender)")
        return try found.first?.decode(0)
    }

    /// What the registry says beside the columns that have places of their own, as far as it is something.
    private static func options(in registry: String) throws -> [(name: String, value: String)] {
        let known = [
            "id", "sender", "relid", "key_columns", "excluded", "operations", "bell", "function_name", "attached_at",
            "refreshed_at",
        ]
        guard case .object(let members) = try JSONValue(parsing: registry) else { return [] }
        return members.filter { !known.contains($0.name) && $0.value != .null && $0.value != .bool(false) }.map {
            ($0.name, $0.value.string ?? $0.value.description)
        }
    }

    private func subscriptions(
        of sender: String?, _ status: LogStatus, on connection: Connection
    ) async throws -> [TableExplanation.Subscription] {
        guard let sender else { return [] }
        let rows = try await connection.query(
            """
            SELECT name, declaration::text, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), policy::text
            FROM \(schema.sql).subscription ORDER BY name
            """
        )
        return try rows.compactMap { row in
            let name: String = try row.decode(0)
            guard let known = status.subscriptions.first(where: { $0.name == name }),
                case .object(let members) = try JSONValue(parsing: try row.decode(1)),
                case .array(let sources) = members.first(where: { $0.name == "sources" })?.value
            else { return nil }
            let heard = sources.filter { $0["sender"]?.string == sender }
            if heard.isEmpty { return nil }
            let operations = heard.flatMap { source -> [String] in
                guard case .array(let operations) = source["operations"] else { return [] }
                return operations.compactMap(\.string)
            }
            // What a source says beside its sender and operations is about this table as well.
            let details = heard.flatMap { source -> [JSONValue.Member] in
                guard case .object(let members) = source else { return [] }
                return members.filter { $0.name != "sender" && $0.name != "operations" }
            }
            let policy: String? = try row.decode(3)
            return TableExplanation.Subscription(
                status: known, operations: operations, declared: details + members.filter { $0.name != "sources" },
                policy: try policy.flatMap { ReceivingPolicy(try JSONValue(parsing: $0)) },
                since: try row.decode(2), holders: status.holders.filter { $0.subscription == name }
            )
        }
    }

    /// The triggers that are not ours. A statement fires: BEFORE STATEMENT, BEFORE ROW, AFTER ROW, AFTER STATEMENT; those of a kind
    /// by their names.
    private func triggers(of place: Place, on connection: Connection) async throws -> [TableExplanation.Trigger] {
        guard let oid = place.oid else { return [] }
        let rows = try await connection.query(
            """
            WITH fired AS (
                SELECT t.tgname::text AS name, t.tgname COLLATE "C" AS rank, t.tgtype::int4 AS type, t.tgenabled <> 'D' AS enabled,
                    t.tginitdeferred AS deferred, f.oid AS function, f.proname AS called,
                    n.nspname AS schema,
                    CASE WHEN t.tgtype & 64 <> 0 THEN 'INSTEAD OF' WHEN t.tgtype & 2 <> 0 THEN 'BEFORE' ELSE 'AFTER' END AS moment,
                    CASE WHEN t.tgtype & 1 <> 0 THEN 'ROW' ELSE 'STATEMENT' END AS level
                FROM pg_trigger AS t JOIN pg_proc AS f ON f.oid = t.tgfoid JOIN pg_namespace AS n ON n.oid = f.pronamespace
                WHERE t.tgrelid = \(oid)::oid AND NOT t.tgisinternal
            ),
            ours AS (
                SELECT f.level, f.rank, f.type FROM fired AS f
                WHERE f.schema = \(schema.name) AND f.called ~ '^capture_\\d+$' AND f.name <> 'heliograph_guard'
            )
            SELECT f.name, f.moment || ' ' || f.level,
                array_remove(ARRAY[CASE WHEN f.type & 4 <> 0 THEN 'insert' END, CASE WHEN f.type & 16 <> 0 THEN 'update' END,
                    CASE WHEN f.type & 8 <> 0 THEN 'delete' END, CASE WHEN f.type & 32 <> 0 THEN 'truncate' END], NULL),
                f.function::regproc::text, f.enabled,
                CASE WHEN f.deferred THEN 'commit' WHEN f.moment <> 'AFTER' THEN 'before'
                    WHEN EXISTS (SELECT FROM ours AS o WHERE o.type & f.type & 60 <> 0
                        AND (o.level = 'ROW' AND f.level = 'STATEMENT' OR o.level = f.level AND o.rank < f.rank)) THEN 'after'
                    ELSE 'ahead' END
            FROM fired AS f
            WHERE f.schema <> \(schema.name)
            ORDER BY f.deferred, f.moment = 'AFTER', (f.level = 'ROW') = (f.moment = 'AFTER') DESC, f.rank
            """
        )
        return try rows.map { row in
            TableExplanation.Trigger(
                name: try row.decode(0), timing: try row.decode(1), operations: try row.decode(2),
                function: try row.decode(3), isEnabled: try row.decode(4),
                order: TableExplanation.Trigger.Order(rawValue: try row.decode(5)) ?? .ahead
            )
        }
    }
}
