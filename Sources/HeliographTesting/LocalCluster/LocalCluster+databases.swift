import HeliographPostgres

extension LocalCluster {
    /// How to reach a database of this cluster, in libpq's keyword form.
    ///
    /// - Parameter database: The database; `postgres` exists from the start.
    public func connectionString(database: String = "postgres") -> String {
        text(host: folder.path, database: database)
    }

    /// How to reach a database of this cluster over TCP, if it was started with ``Network/loopback``; without TLS unless the
    /// server has been given a certificate.
    ///
    /// - Parameter database: The database.
    public func networkConnectionString(database: String = "postgres") -> String {
        text(host: "127.0.0.1", database: database)
    }

    private func text(host: String, database: String) -> String {
        let parts = [("host", host), ("port", "\(port)"), ("user", Self.user), ("dbname", database)]
        return parts.map { "\($0.0)=\(Quoting.connectionValue($0.1))" }.joined(separator: " ")
    }

    /// Creates a database.
    ///
    /// - Parameters:
    ///   - name: The database's name, any text.
    ///   - template: The database to copy, to which nobody may be connected; `nil` copies the empty one.
    /// - Throws: ``LocalClusterError`` with the server's message.
    public func createDatabase(_ name: String, template: String? = nil) async throws {
        let source = template.map { " TEMPLATE \(SQL.quoted(identifier: $0))" } ?? ""
        try await psql("CREATE DATABASE \(SQL.quoted(identifier: name))\(source)")
    }

    /// Drops a database and disconnects whoever uses it, also in a task that is cancelled.
    ///
    /// A database that does not exist is no error.
    ///
    /// - Parameter name: The database's name.
    /// - Throws: ``LocalClusterError`` with the server's message.
    public func dropDatabase(_ name: String) async throws {
        try await uncancelled { [self] in
            _ = try await psql("DROP DATABASE IF EXISTS \(SQL.quoted(identifier: name)) WITH (FORCE)")
        }
    }

    /// What `pg_dump` writes of a database: a script for ``psql(_:database:)`` of this or another cluster, without roles.
    ///
    /// - Parameter database: The database.
    /// - Throws: ``LocalClusterError`` with the program's message.
    public func dump(database: String) async throws -> String {
        let run = try await ProcessRun.run(
            programs.path(of: "pg_dump"), ["-d", connectionString(database: database)], input: "", variables: [:])
        guard run.succeeded else { throw LocalClusterError(.commandFailed, "pg_dump failed: \(run.complaint)") }
        return run.standardOutput
    }

    /// Runs SQL as any other program would, through `psql`.
    ///
    /// - Parameters:
    ///   - script: Statements and `psql` commands; each statement is a transaction of its own unless the script says
    ///     otherwise. It ends at the first error.
    ///   - database: The database to run it in.
    /// - Returns: The rows as text, one a line, columns divided by `|`, without headings.
    /// - Throws: ``LocalClusterError`` with the server's message.
    @discardableResult
    public func psql(_ script: String, database: String = "postgres") async throws -> String {
        try await Psql(program: programs.path(of: "psql"), connectionString: connectionString(database: database))
            .run(script)
    }
}
