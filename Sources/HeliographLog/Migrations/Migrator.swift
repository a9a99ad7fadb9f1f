public import HeliographPostgres

/// Installs and upgrades the schema of the signal log.
public struct Migrator: Sendable {
    /// What a run did, or would do.
    public struct Outcome: Sendable {
        /// The version found; 0 if the schema was not there.
        public let before: Int
        /// The steps applied, in order.
        public let applied: [Migration]
        /// What an administrator has to run before the group roles for workers and readers are complete, as SQL; another run of the
        /// migration does the rest. Until then only the schema's owner can work with it.
        public let missingRoleStatements: [String]
    }

    /// The steps that this program knows, in order.
    public static var migrations: [Migration] { EmbeddedMigrations.all }

    private let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// Applies the missing steps, all in one transaction, and sets the rights of the group roles where they are not right.
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
            if isDryRun { return Outcome(before: before, applied: missing, missingRoleStatements: []) }
            for migration in missing {
                try await connection.runScript(unsafe: script(of: migration))
            }
            let statements = try await grantRoles(on: connection)
            return Outcome(before: before, applied: missing, missingRoleStatements: statements)
        }
    }

    /// The missing steps as a script for `psql` or another migrator.
    public func script(after version: Int = 0) -> String {
        let steps = Self.migrations.filter { $0.version > version }.map { script(of: $0) }
        return steps.isEmpty ? "" : (steps + ["SELECT \(schema).grant_roles();\n"]).joined(separator: "\n")
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
        let found: Int
        do {
            found = try await currentVersion(on: connection)
        } catch {
            throw LogError.explain(error, schema: schema)
        }
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
        \(migration.version == Self.migrations.first?.version ? preamble : "")\
        \(schema.adapt(migration.sql))
        INSERT INTO \(schema).migration (version, name) VALUES (\(migration.version), '\(migration.name)');

        """
    }

    /// Not before every step: CREATE SCHEMA takes a right on the database, also where the schema is there.
    private var preamble: String {
        """
        CREATE SCHEMA IF NOT EXISTS \(schema);
        CREATE TABLE IF NOT EXISTS \(schema).migration (
            version int PRIMARY KEY,
            name text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );

        """
    }

    /// What else was installed may be used by those only whom the schema's owner lets: does nothing for anybody else.
    private func grantRoles(on connection: Connection) async throws -> [String] {
        let function = "\(schema).grant_roles()"
        let mayGrant = try await connection.query(
            "SELECT coalesce(has_function_privilege(to_regprocedure(\(function))::oid, 'EXECUTE'), false)")
        guard try mayGrant.first?.decode(0, as: Bool.self) == true else { return [] }
        return try await connection.query("SELECT \(schema.sql).grant_roles()").first?.decode(0) ?? []
    }

    private func lock(on connection: Connection) async throws {
        // Two-int form: (a constant of ours, the schema).
        try await connection.query("SELECT pg_advisory_xact_lock(1212630340, hashtext(\(schema.name)))")
    }
}
