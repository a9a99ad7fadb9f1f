import HeliographPostgres

/// PostgreSQL's own client, to write to a database as any other program would.
public struct Psql: Sendable {
    private let program: String
    private let connectionString: String
    private let environment: [String: String]

    init(program: String, connectionString: String, environment: [String: String] = [:]) {
        self.program = program
        self.connectionString = connectionString
        self.environment = environment
    }

    /// The client that is installed here, for a database.
    ///
    /// - Parameters:
    ///   - connectionString: How to reach the database. A password in it is handed over where other users cannot read it.
    ///   - environment: Variables for it, such as `PGPASSWORD`; this process's own `PG…` are not looked at.
    /// - Throws: ``LocalClusterError`` with `programsNotFound`; `connectionFailed` when the connection string is wrong.
    public static func find(connectionString: String, environment: [String: String] = [:]) async throws -> Psql {
        let program = try await ServerPrograms.find(["psql"]).path(of: "psql")
        let (target, password) = try ConnectionConfiguration(connectionString).splittingPassword()
        var environment = environment
        if let password { environment["PGPASSWORD"] = password }
        return Psql(program: program, connectionString: target, environment: environment)
    }

    /// Runs a script.
    ///
    /// - Parameter script: Statements and `psql` commands; each statement is a transaction of its own unless the script says
    ///   otherwise. It ends at the first error.
    /// - Returns: The rows as text, one a line, columns divided by `|`, without headings.
    /// - Throws: ``LocalClusterError`` with the server's message.
    @discardableResult
    public func run(_ script: String) async throws -> String {
        let run = try await ProcessRun.run(
            program, ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", connectionString, "-f", "-"],
            input: script,
            variables: environment
        )
        guard run.succeeded else {
            throw LocalClusterError(.commandFailed, "psql failed: \(run.complaint)")
        }
        return run.standardOutput.hasSuffix("\n") ? String(run.standardOutput.dropLast()) : run.standardOutput
    }
}
