public import HeliographPostgres

/// Installs and upgrades the schema of the signal log.
public struct Migrator: Sendable {
    /// What a run did, or would do.
    public struct Outcome: Sendable {
        /// The version found; 0 if the schema was not there.
        public let before: Int
        /// The steps applied, in order.
        public let applied: [Migration]
    }

    /// The steps that this program knows, in order.
    public static var migrations: [Migration] { EmbeddedMigrations.all }

    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// Applies the missing steps, all in one transaction.
    ///
    /// Safe to be run by any number of processes at once: an advisory lock lets one through after the other, and all but the first
    /// find nothing to do.
    /// - Parameter isDryRun: only say what is missing.
    /// - Throws: ``LogError`` with `newer` when the schema is newer than this program; ``PostgresError``.
    @discardableResult
    public func migrate(on connection: Connection, isDryRun: Bool = false) async throws -> Outcome {
        try await connection.transaction(.init(isolation: .readCommitted)) { connection in
            try await lock(on: connection)
            let before = try await currentVersion(on: connection)
            let missing = Self.migrations.filter { $0.version > before }
            guard let newest = Self.migrations.last?.version, before <= newest else {
                throw LogError(
                    .newer,
                    "the schema \"\(schema)\" has version \(before), newer than this program: upgrade the program"
                )
            }
            if isDryRun || missing.isEmpty { return Outcome(before: before, applied: missing) }
            for migration in missing {
                try await connection.runScript(unsafe: script(of: migration))
            }
            return Outcome(before: before, applied: missing)
        }
    }

    /// The missing steps as a script for `psql` or another migrator.
    public func script(after version: Int = 0) -> String {
        Self.migrations.filter { $0.version > version }.map { script(of: $0) }.joined(separator: "\n")
    }

    /// The installed version; 0 if the schema is not there.
    public func currentVersion(on connection: Connection) async throws -> Int {
        let table = "\(schema).migration"
        let rows = try await connection.query("SELECT to_regclass(\(table)) IS NOT NULL")
        guard try rows.first?.decode(0, as: Bool.self) == true else { return 0 }
        let versions = try await connection.query("SELECT coalesce(max(version), 0)::int8 FROM \(schema.sql).migration")
        return try versions.first?.decode(0, as: Int.self) ?? 0
    }

    /// Refuses to work on a schema that is missing or not of this program's version.
    public func check(on connection: Connection) async throws {
        let found = try await currentVersion(on: connection)
        let wanted = Self.migrations.last?.version ?? 0
        if found == 0 { throw LogError.notInstalled(schema) }
        if found < wanted {
            throw LogError(
                .outdated,
                "the schema \"\(schema)\" has version \(found), this program needs \(wanted): run `heliograph migrate\(schema.option)`"
            )
        }
        if found > wanted {
            throw LogError(
                .newer, "the schema \"\(schema)\" has version \(found), newer than this program: upgrade the program"
            )
        }
    }

    private func script(of migration: Migration) -> String {
        """
        CREATE SCHEMA IF NOT EXISTS \(schema);
        CREATE TABLE IF NOT EXISTS \(schema).migration (
            version int PRIMARY KEY,
            name text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        \(schema.adapt(migration.sql))
        INSERT INTO \(schema).migration (version, name) VALUES (\(migration.version), '\(migration.name)');

        """
    }

    private func lock(on connection: Connection) async throws {
        // Two-int form: (a constant of ours, the schema).
        try await connection.query("SELECT pg_advisory_xact_lock(1212630340, hashtext(\(schema.name)))")
    }
}
