package import HeliographPostgres

extension Connection {
    /// Whether all statements of this connection reach one session of the server, which is nobody else's meanwhile.
    ///
    /// Behind a pooler that shares sessions out by transaction a session's locks and settings belong to nobody.
    package func hasSessionOfItsOwn() async throws -> Bool {
        // (a constant of ours, the backend's own id): nobody else wants this lock.
        let key = Int32(bitPattern: 0x48_47_50_43)
        let first = try await query("SELECT pg_backend_pid(), pg_try_advisory_lock(\(key), pg_backend_pid())")
        let second = try await query("SELECT pg_backend_pid(), pg_advisory_unlock(\(key), pg_backend_pid())")
        guard let before = try first.decode(as: (Int32.self, Bool.self)).first,
            let after = try second.decode(as: (Int32.self, Bool.self)).first
        else { return false }
        return before.0 == after.0 && before.1 && after.1
    }

    /// Whether a notification to itself arrives.
    /// - Parameter limit: how long to wait for it. Default: 5 s.
    package func hearsItself(within limit: Duration = .seconds(5)) async throws -> Bool {
        let channel = "heliograph_probe_\(backendProcessID)"
        try await query("LISTEN \(identifier: channel)")
        try await query("SELECT pg_notify(\(channel), '')")
        let arrived = try await nextNotifications(within: limit)
        try await query("UNLISTEN \(identifier: channel)")
        return arrived.contains { $0.channel == channel }
    }
}
