import HeliographTesting

extension Fixture {
    /// A role that logs in, for the time of `body`. Roles belong to the cluster, so each test has its own.
    /// - Parameter groups: what it is a member of.
    func withRole<R>(
        _ options: String = "", in groups: [String] = [], _ body: (_ role: String) async throws -> R
    ) async throws -> R {
        let role = "role_" + String(UInt32.random(in: .min ... .max), radix: 36)
        try await psql("CREATE ROLE \(role) LOGIN \(options)")
        for group in groups { try await psql("GRANT \(group) TO \(role)") }
        do {
            let result = try await body(role)
            try await psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
            return result
        } catch {
            _ = try? await psql("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
            throw error
        }
    }

    /// The same database, for who logs in as this role.
    func connecting(as role: String) -> Fixture {
        let target = "host=\(cluster.path) port=\(cluster.port) user=\(role) dbname=\(database.name)"
        return Fixture(cluster: cluster, database: TestDatabase(name: database.name, connectionString: target))
    }

    /// Runs a script in a session that the role has logged in to.
    @discardableResult
    func psql(as role: String, _ script: String) async throws -> String {
        try await Psql.find(connectionString: connecting(as: role).database.connectionString).run(script)
    }

    /// What the server says when a role tries something; `nil` if it lets it.
    func refusal(of attempt: String, as role: String) async throws -> String? {
        do {
            try await psql(as: role, attempt)
            return nil
        } catch let error as LocalClusterError {
            return error.message
        }
    }
}
