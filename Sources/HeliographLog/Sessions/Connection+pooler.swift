package import HeliographPostgres
package import Logging

extension Connection {
    /// Whether all statements of this connection reach one session of the server, which is nobody else's meanwhile.
    ///
    /// Behind a pooler that shares sessions out by transaction a session's locks and settings belong to nobody.
    /// - Parameter configuration: what this connection was made by; a second one is made where there is a pooler of any kind. Without
    ///   it a pooler that nobody else uses at the moment is not told from none.
    package func hasSessionOfItsOwn(
        _ configuration: ConnectionConfiguration?, logger: Logger = .init(label: "heliograph")
    ) async throws -> Bool {
        // By the sessions' numbers only: a lock that is tried for might stay behind with a session of the pooler.
        let before = try await session(0)
        if try await session(1) != before { return false }
        // Who speaks with the server itself was told its session's number. A pooler makes one up.
        guard before != backendProcessID, let configuration else { return true }
        // A pooler that nobody else uses at the moment lends the same session again: unless somebody else has it.
        return try await Connection.with(configuration, logger: logger) { other in
            for round in 1...3 {
                let mine = try await session(2 * round)
                try await other.query("BEGIN /* \(unsafe: "\(round)") */")
                let theirs = try await other.session(round)
                if mine == theirs { return false }
                let now = try await session(2 * round + 1)
                try await other.query("COMMIT /* \(unsafe: "\(round)") */")
                if now != mine { return false }
            }
            return true
        }
    }

    /// - Parameter number: another one each time: a statement that comes twice would stay prepared in a session of the pooler.
    private func session(_ number: Int) async throws -> Int32 {
        guard let row = try await query("SELECT pg_backend_pid() /* \(unsafe: "\(number)") */").first else {
            throw PostgresError(.decoding, "the server sent no row where there is always one")
        }
        return try row.decode(0)
    }

    /// Whether a notification arrives here.
    /// - Parameters:
    ///   - configuration: for another connection that sends it: one that a pooler has lent to both would hear itself. Without it this
    ///     one does.
    ///   - limit: how long to wait for it. Default: 5 s.
    package func hearsNotifications(
        from configuration: ConnectionConfiguration?, within limit: Duration = .seconds(5)
    ) async throws -> Bool {
        let channel = "heliograph_probe_\(backendProcessID)"
        let notify: SQL = "SELECT pg_notify(\(channel), '')"
        try await query("LISTEN \(identifier: channel)")
        if let configuration {
            try await Connection.with(configuration) { _ = try await $0.query(notify) }
        } else {
            try await query(notify)
        }
        let arrived = try await nextNotifications(within: limit)
        try await query("UNLISTEN \(identifier: channel)")
        return arrived.contains { $0.channel == channel }
    }
}
