import Synchronization

extension Signal {
    /// Sends nothing to some or all receivers for the time of a closure: for fixtures and imports.
    ///
    /// Only what this task sends is muted, and the tasks it starts meanwhile, until the closure returns: what other tasks send at the same
    /// time reaches everybody. What is sent later is not muted, such as what an `afterCommit` signal of models sends at the COMMIT behind the
    /// closure's end.
    ///
    /// ```swift
    /// try await saved.withMuted(["send-mail"]) { try await importAll() }
    /// ```
    ///
    /// - Parameters:
    ///   - receivers: The receivers that hear nothing; `nil` for all, also those that are connected meanwhile. Default: all.
    ///   - sender: The only sender whose signals are muted; `nil` for all. Default: all.
    ///   - body: Runs with the signal muted.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withMuted<Result>(
        _ receivers: Set<ReceiverID>? = nil, from sender: SignalSender? = nil,
        perform body: () async throws -> Result
    ) async rethrows -> Result {
        try await Muting.with([self], receivers, from: sender, body)
    }

    func unmuted(
        _ receivers: ContiguousArray<Receiver<Payload>>, _ sender: SignalSender?
    ) -> ContiguousArray<Receiver<Payload>> {
        let (scopes, own) = (Muting.scopes, ObjectIdentifier(self))
        return receivers.filter { receiver in !scopes.contains { $0.mutes(receiver.id, of: own, from: sender) } }
    }
}

extension Signal: MutableSignal {
    package func countMuting(_ change: Int) { mutings.add(change, ordering: .relaxed) }
}
