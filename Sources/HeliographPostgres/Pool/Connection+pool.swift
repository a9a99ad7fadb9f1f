/// What a pool asks of its connections.
extension Connection {
    /// Looks, without waiting, whether the server has closed an idle connection.
    func probe() -> Bool {
        guard link.isOpen, link.isIdle else { return false }
        do { try link.consume() } catch { return false }
        // The server's last words, if there are any, are read by parsing; the end of the stream may come much later.
        _ = link.isBusy
        return link.isOpen
    }

    /// Whether the server answers; a connection that does not in time is cut.
    nonisolated func answers(within limit: Duration) async -> Bool {
        let timeout = LeaseTimeout(limit) { [self] in abort() }
        timeout.start()
        defer { timeout.stop() }
        return (try? await query("SELECT 1")) != nil
    }

    /// Clears away what its user has left in the session. (DISCARD ALL would also throw the prepared statements away.)
    /// - Returns: whether that went well.
    func resetSession() async -> Bool {
        var script = """
            CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all();
            DISCARD TEMP; DISCARD SEQUENCES
            """
        if let settings { script += "; \(settings)" }
        return (try? await runScript(unsafe: script)) != nil
    }

    /// How long this one may live: up to a tenth less than others, and always the same.
    nonisolated func lifetime(upTo maximum: Duration) -> Duration {
        maximum * (1 - Double(UInt32(bitPattern: backendProcessID) % 100) / 1000)
    }
}
