import Synchronization

extension Signal {
    /// Sends nothing to some or all receivers for the time of a closure: for fixtures and imports.
    ///
    /// Only what this task sends is muted, and the tasks it starts meanwhile, until the closure returns: what other tasks send at the same
    /// time reaches everybody.
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
    public func withMuted<Result>(
        _ receivers: Set<ReceiverID>? = nil, from sender: SignalSender? = nil,
        perform body: () async throws -> Result
    ) async rethrows -> Result {
        try await Muting.with([self], receivers, from: sender, body)
    }

    func unmuted(
        _ receivers: ContiguousArray<Receiver<Payload>>, _ sender: SignalSender?
    ) -> ContiguousArray<Receiver<Payload>> {
        let own = Muting.scopes.filter { scope in
            scope.signal == ObjectIdentifier(self) && (scope.sender == nil || scope.sender == sender)
        }
        guard !own.isEmpty else { return receivers }
        return receivers.filter { receiver in
            own.allSatisfy { scope in scope.receivers.map { !$0.contains(receiver.id) } ?? false }
        }
    }
}

extension Signal: MutableSignal {
    package func countMuting(_ change: Int) { mutings.add(change, ordering: .relaxed) }
}
