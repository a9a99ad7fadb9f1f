public import HeliographPostgres

/// Looks for what is wrong, or may become so, and says how it is mended. Changes nothing.
///
/// What can be seen from SQL is found by the function `findings()` of the schema, for `psql` as well; here comes what only a client
/// can see: whether program and schema fit, and what stands between them.
public struct Doctor: Sendable {
    let schema: SchemaName
    private let configuration: ConnectionConfiguration?

    /// The oldest server that the log works on, as `server_version_num` has it.
    static let oldestServer = 150_000

    /// - Parameter configuration: for a second connection, which tells whether a pooler stands before the server. Default: none, and
    ///   one that nobody else uses is not found.
    public init(_ configuration: ConnectionConfiguration? = nil, schema: SchemaName = .standard) {
        self.schema = schema
        self.configuration = configuration
    }

    /// All findings, errors first.
    /// - Parameter connection: outside of a transaction.
    /// - Throws: ``LogError`` with `notInstalled` when the schema is missing, `notPermitted` for a role that may not
    ///   look at everything; ``PostgresError``.
    public func examine(on connection: Connection) async throws -> [Finding] {
        let server = try await connection.query(
            "SELECT current_setting('server_version_num')::int8, pg_is_in_recovery()"
        ).first
        let (version, isStandby) = try server?.decode(as: (Int.self, Bool.self)) ?? (0, false)
        if let finding = Self.finding(ofServer: version) { return [finding] }
        var findings = try await findingsOfVersions(on: connection)
        findings += try await findingsOfConnection(connection, isStandby: isStandby)
        do {
            findings += try await findingsOfDatabase(on: connection)
            findings += try await findingsOfModels(on: connection)
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_owner")
        }
        return Finding.Severity.allCases.flatMap { severity in findings.filter { $0.severity == severity } }
    }

    /// Whether a server is too old.
    static func finding(ofServer version: Int) -> Finding? {
        guard version < oldestServer else { return nil }
        return Finding(
            .error, check: "server-version", subject: "server",
            text: "PostgreSQL \(version / 10_000) is too old: the log needs what \(oldestServer / 10_000) has",
            mend: "Upgrade the server to PostgreSQL \(oldestServer / 10_000) or later."
        )
    }

    private func findingsOfVersions(on connection: Connection) async throws -> [Finding] {
        do {
            try await Migrator(schema: schema).check(on: connection)
            return []
        } catch let error as LogError where error.code == .outdated {
            return [
                Finding(
                    .error, check: "schema-version", subject: schema.name,
                    text: "\(error.message): programs of this version refuse to work",
                    mend: "heliograph migrate\(schema.option)")
            ]
        } catch let error as LogError where error.code == .newer {
            return [
                Finding(
                    .error, check: "schema-version", subject: schema.name,
                    text: "\(error.message): it refuses to work", mend: "Upgrade this program.")
            ]
        }
    }

    private func findingsOfConnection(_ connection: Connection, isStandby: Bool) async throws -> [Finding] {
        if try await !connection.hasSessionOfItsOwn(configuration) {
            return [
                Finding(
                    .error, check: "pooler", subject: "connection",
                    text:
                        "between this program and PostgreSQL stands a pooler in transaction mode: workers are refused, "
                        + "and nobody hears the bell through it",
                    mend: "Have DATABASE_URL of workers, observers and this command name the server itself.")
            ]
        }
        // Nobody may LISTEN on a standby.
        if isStandby { return [] }
        if try await connection.hearsNotifications(from: configuration) { return [] }
        return [
            Finding(
                .error, check: "pooler", subject: "connection",
                text:
                    "a notification did not arrive here: readers find out about changes up to a second late",
                mend: "Have DATABASE_URL of workers, observers and this command name the server itself.")
        ]
    }

    private func findingsOfDatabase(on connection: Connection) async throws -> [Finding] {
        // An older schema may have no doctor yet; that it is older has been said.
        let function = "\(schema).findings()"
        guard try await connection.query("SELECT to_regprocedure(\(function)) IS NOT NULL").first?.decode(0) == true
        else { return [] }
        // READ COMMITTED: some checks look at what is committed while they run.
        return try await connection.transaction(.init(isolation: .readCommitted, isReadOnly: true)) { connection in
            try await connection.query(
                """
                SELECT severity, check_name, subject, finding, coalesce(mend, '') FROM \(schema.sql).findings()
                """
            ).map { row in
                Finding(
                    Finding.Severity(rawValue: try row.decode(0)) ?? .error, check: try row.decode(1),
                    subject: try row.decode(2), text: try row.decode(3), mend: try row.decode(4))
            }
        }
    }
}
