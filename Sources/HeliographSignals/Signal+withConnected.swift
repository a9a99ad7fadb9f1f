extension Signal {
    /// Connects a receiver for the time of a closure, and disconnects it on every way out.
    ///
    /// If a receiver is already connected with this identifier and sender, that one stays, also afterwards, and
    /// `receive` is not used, as with `connect`.
    ///
    /// - Parameters:
    ///   - id: The receiver's identifier, unique for this signal and `sender`.
    ///   - sender: The only sender to hear; `nil` hears all.
    ///   - order: Receivers with smaller ones run first. Default: 0.
    ///   - receive: Runs at each send, in the isolation of the sender.
    ///   - body: Runs with the receiver connected.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withConnected<Result, Failure: Error>(
        _ id: ReceiverID,
        from sender: SignalSender? = nil,
        order: Int = 0,
        _ receive: @escaping @Sendable (inout Payload) async throws -> Void,
        perform body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let isConnectedHere = connect(id, from: sender, order: order, receive)
        defer {
            if isConnectedHere { disconnect(id, from: sender) }
        }
        return try await body()
    }
}
