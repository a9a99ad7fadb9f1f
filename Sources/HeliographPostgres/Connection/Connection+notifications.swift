extension Connection {
    /// Waits until notifications arrive on the channels this session LISTENs to, and returns all that are there.
    ///
    /// The connection does nothing else meanwhile. Cancelling the task closes it.
    /// - Parameter limit: after so long it returns without any; by default never.
    /// - Throws: `connectionLost`; `CancellationError`.
    public func nextNotifications(within limit: Duration? = nil) async throws -> [Notification] {
        let deadline = limit.map { ContinuousClock.now + $0 }
        let nudge = limit.map { limit in
            LeaseTimeout(limit) { [self] in wakeWaiter() }
        }
        nudge?.start()
        defer { nudge?.stop() }
        return try await withTaskCancellationHandler {
            do {
                return try await exclusively(shielded: true) {
                    var arrived: [Notification] = []
                    while true {
                        while let notification = link.nextNotification() { arrived.append(notification) }
                        if !arrived.isEmpty { return arrived }
                        if let deadline, ContinuousClock.now >= deadline { return [] }
                        try await readMore(isAnswer: false)
                    }
                }
            } catch {
                try Task.checkCancellation()
                throw error
            }
        } onCancel: {
            abort()
        }
    }

    /// Wakes who waits for the socket, wherever it is watched.
    private nonisolated func wakeWaiter() { SharedReactor.all[reactorNumber].nudge(socket.number) }
}
