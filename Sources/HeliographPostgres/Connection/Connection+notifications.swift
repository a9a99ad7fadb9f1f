extension Connection {
    /// Waits until notifications arrive on the channels this session LISTENs to, and returns all that are there.
    ///
    /// The connection does nothing else meanwhile. Cancelling the task closes it.
    /// - Throws: `connectionLost`; `CancellationError`.
    public func nextNotifications() async throws -> [Notification] {
        try await withTaskCancellationHandler {
            do {
                return try await exclusively(shielded: true) {
                    var arrived: [Notification] = []
                    while true {
                        while let notification = link.nextNotification() { arrived.append(notification) }
                        if !arrived.isEmpty { return arrived }
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
}
