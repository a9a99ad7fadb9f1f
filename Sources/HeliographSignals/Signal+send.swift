extension Signal {
    /// Runs the receivers one after the other and stops at the first error.
    ///
    /// Cancellation of the task is left to the receivers: a send neither checks for it nor skips anybody.
    ///
    /// - Parameters:
    ///   - payload: What the receivers get. Their changes stay, also those made before an error.
    ///   - sender: Who sends; receivers that asked for another sender do not run.
    /// - Throws: What the first failing receiver threw. The receivers after it have not run.
    public func send(_ payload: inout Payload, from sender: SignalSender? = nil) async throws {
        for receiver in snapshot() where receiver.hears(sender) {
            try await receiver.receive(&payload)
        }
    }

    /// Runs all receivers one after the other, whatever each of them throws.
    ///
    /// A `CancellationError` is an error like any other: it is reported, and the receivers after it run, in a task that
    /// is still cancelled. So every receiver gets its turn, and those that can do their work without waiting do it.
    ///
    /// - Parameters:
    ///   - payload: What the receivers get. Their changes stay, also those of a receiver that then threw.
    ///   - sender: Who sends; receivers that asked for another sender do not run.
    /// - Returns: One entry for each receiver that ran, in order.
    @discardableResult
    public func sendRobust(_ payload: inout Payload, from sender: SignalSender? = nil) async -> [Delivery] {
        var deliveries: [Delivery] = []
        for receiver in snapshot() where receiver.hears(sender) {
            do {
                try await receiver.receive(&payload)
                deliveries.append(Delivery(receiver: receiver.id))
            } catch {
                deliveries.append(Delivery(receiver: receiver.id, error: error))
            }
        }
        return deliveries
    }
}
