import Heliograph
import HeliographTesting
import Testing

/// A database with one shape's table, attached, and what is needed to go a path and to judge it.
///
/// `parity.state` holds each row as it is after each step, under the key it had before; `parity.todo` those of the steps that are
/// to be done now.
struct ParityRig: Sendable {
    let fixture: Fixture
    let shape: ParityShape
    let sql: ParitySQL
    let database: Database
    /// Where a path's statements run.
    private(set) var writer: Connection
    /// Arranges what is not to be recorded: no trigger fires here.
    private let owner: Connection
    private let reading: Connection
    private let oracle: ParityOracle

    static func with(_ shape: ParityShape, _ body: (ParityRig) async throws -> Void) async throws {
        // Roles belong to the cluster.
        let stranger = "stranger_" + String(UInt32.random(in: .min ... .max), radix: 36)
        try await Fixture.with(.log) { fixture in
            let sql = ParitySQL(shape, stranger: stranger)
            try await fixture.withConnection { owner in
                try await owner.runScript(unsafe: shape.definition)
                try await owner.runScript(unsafe: Self.states(sql))
                try await Attachments().attach(shape.table, shape.options, on: owner)
                do {
                    try await owner.runScript(unsafe: Self.rights(sql))
                    try await fixture.withConnection { reading in
                        try await reading.runScript(
                            unsafe:
                                "SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET lc_monetary = 'C'; SET search_path = 'pg_catalog'"
                        )
                        let oracle = try await ParityOracle(shape, on: reading)
                        try await fixture.withConnection { writer in
                            try await fixture.withPool(maximum: 1) { pool in
                                let rig = ParityRig(
                                    fixture: fixture, shape: shape, sql: sql, database: Database(pool: pool),
                                    writer: writer, owner: owner, reading: reading, oracle: oracle)
                                try await body(rig)
                            }
                        }
                    }
                    try await owner.runScript(unsafe: "DROP OWNED BY \(stranger); DROP ROLE \(stranger)")
                } catch {
                    try? await owner.runScript(unsafe: "DROP OWNED BY \(stranger); DROP ROLE \(stranger)")
                    throw error
                }
            }
        }
    }

    /// Goes a path, and says what is wrong with its records.
    func differences(_ path: ParityPath) async throws -> [String] {
        var differences: [String] = []
        try await owner.runScript(unsafe: path.around.prepare(sql))
        try await inSession(of: path) { rig in
            for mix in mixes(of: path) {
                do {
                    let found = try await rig.lines(of: path, mix)
                    let wrong = ParityLine.differences(mix.map { oracle[$0] }, found)
                    differences += wrong.map { "\(path.name), \(mix): \($0)" }
                } catch let error as PostgresError {
                    differences.append("\(path.name), \(mix): \(error) \(error.detail ?? "")")
                    await rig.writer.rollBack()
                }
            }
        }
        try await owner.runScript(unsafe: path.around.finish(sql))
        return differences
    }

    /// What a path does with this shape.
    func mixes(of path: ParityPath) -> [ParityMix] {
        path.mixes
            .map { mix in mix.filter { (shape.moved != nil || $0.operation != .move) && shape.rows.contains($0.row) } }
            .filter { !$0.isEmpty }
    }

    /// Another session than the writer's own, for what two sessions do.
    func elsewhere(_ script: String) async throws { try await reading.runScript(unsafe: script) }

    /// Rows of a query, each in one text, as a program reads them that writes them elsewhere.
    func texts(_ query: String) async throws -> [String?] {
        try await reading.query(SQL(unsafe: query)).map { try $0.decode(0) }
    }

    private func lines(of path: ParityPath, _ mix: ParityMix) async throws -> [ParityLine] {
        try await owner.runScript(unsafe: arrangement(mix) + path.around.arrange(sql))
        let reader = LogReader()
        let start = try await reader.takeSnapshot(on: reading).snapshot
        try await path.run(self, mix)
        let filter = RecordFilter(laneCount: ParityLine.lanes)
        return try await reader.read(from: start, filter, limit: 1_000, on: reading).records.map(ParityLine.init)
    }

    private func inSession(of path: ParityPath, _ body: (ParityRig) async throws -> Void) async throws {
        if case .shared = path.session { return try await body(self) }
        var configuration = fixture.configuration
        if case .stranger = path.session {
            configuration = ConnectionConfiguration(
                "host=\(fixture.cluster.path) user=\(sql.stranger) dbname=\(fixture.database.name)")
        }
        try await Connection.with(configuration, logger: fixture.logger) { connection in
            var rig = self
            rig.writer = connection
            try await body(rig)
        }
    }

    /// The rows that are there before, and what is to do.
    private func arrangement(_ mix: ParityMix) -> String {
        let present = mix.filter { $0.operation != .create }.map { "\($0.row)" }.joined(separator: ",")
        let steps = mix.map { "('\($0.operation.rawValue)', \($0.row))" }.joined(separator: ", ")
        return """
            DELETE FROM \(shape.table);
            \(sql.insertion) SELECT \(sql.list(sql.writable, "s.")) FROM parity.state AS s
                WHERE "parity step" = 'nothing' AND "parity row" = ANY ('{\(present)}');
            DELETE FROM parity.todo;
            INSERT INTO parity.todo SELECT * FROM parity.state WHERE ("parity step", "parity row") IN (\(steps));
            """
    }

    private static func states(_ sql: ParitySQL) -> String {
        let shape = sql.shape
        let keys = shape.key.enumerated()
        func note(_ step: ParityStep.Operation, _ row: Int) -> String {
            let old =
                step == .create
                ? sql.list(shape.key, "\"parity t\".")
                : keys.map { "o.\"parity key \($0.offset + 1)\"" }.joined(separator: ", ")
            let others =
                step == .create
                ? "" : "CROSS JOIN parity.state AS o WHERE o.\"parity step\" = 'create' AND o.\"parity row\" = \(row)"
            return """
                INSERT INTO parity.state SELECT '\(step.rawValue)', \(row), \(old), "parity t".*
                FROM \(shape.table) AS "parity t" \(others);
                """
        }
        var script = """
            SET session_replication_role = replica;
            CREATE SCHEMA parity;
            CREATE TABLE parity.state AS SELECT ''::text AS "parity step", 0 AS "parity row",
                \(keys.map { "\"parity t\".\(ParitySQL.quoted($0.element)) AS \"parity key \($0.offset + 1)\"" }.joined(separator: ", ")),
                "parity t".* FROM \(shape.table) AS "parity t" WHERE false;
            CREATE TABLE parity.todo (LIKE parity.state);

            """
        for row in shape.rows {
            func step(_ operation: ParityStep.Operation) -> String {
                sql.one(ParityStep(operation: operation, row: row))
            }
            script += step(.create) + note(.create, row)
            for operation in [.delete, .touch, .nothing, .truncate] as [ParityStep.Operation] {
                script += note(operation, row)
            }
            for operation in [.change] + (shape.moved == nil ? [] : [.move]) as [ParityStep.Operation] {
                script += step(operation) + note(operation, row) + "DELETE FROM \(shape.table);" + step(.create)
            }
            script += "DELETE FROM \(shape.table);\n"
        }
        return script
    }

    private static func rights(_ sql: ParitySQL) -> String {
        """
        CREATE ROLE \(sql.stranger) LOGIN;
        GRANT USAGE ON SCHEMA \(sql.shape.schema), parity TO \(sql.stranger);
        GRANT ALL ON \(sql.shape.table), \(sql.target) TO \(sql.stranger);
        GRANT SELECT ON parity.state, parity.todo TO \(sql.stranger);
        """
    }
}
