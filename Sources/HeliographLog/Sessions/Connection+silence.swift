package import HeliographPostgres

extension Connection {
    /// Sets the time-outs with which the server ends this session, and frees its locks, when its client is gone or frozen.
    ///
    /// - Parameter limit: so long it may say nothing, and a statement may take; at least a second.
    package func endWhenSilent(after limit: Duration) async throws {
        let limit = max(1_000, Int(limit / .milliseconds(1)))
        try await runScript(
            unsafe: """
                SET client_connection_check_interval = '250ms';
                SET idle_session_timeout = '\(limit)ms';
                SET idle_in_transaction_session_timeout = '\(limit)ms';
                SET statement_timeout = '\(limit)ms';
                SET lock_timeout = '\(limit / 2)ms';
                SET tcp_user_timeout = '\(limit)ms';
                SET tcp_keepalives_idle = 5;
                SET tcp_keepalives_interval = 2;
                SET tcp_keepalives_count = 3;
                SET default_transaction_isolation = 'read committed';
                """
        )
    }
}
