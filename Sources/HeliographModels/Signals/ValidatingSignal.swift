public import HeliographSignals

/// A signal whose receivers may refuse: all of them run, and what they refuse is thrown together.
///
/// ```swift
/// signals.preSave(User.self).connect("bookshop.email") { save in
///     save.instance.email = save.instance.email.lowercased()
///     guard save.instance.email.contains("@") else {
///         throw ValidationFailure(field: "email", code: "invalid", message: "this is no e-mail address")
///     }
/// }
/// ```
///
/// A receiver refuses by throwing a ``ValidationFailure``, or by ``RefusablePayload/refuse(field:code:message:)`` and going
/// on. Any other error stops the dispatch at once; so does a failure that comes from the database, because then the
/// transaction is aborted and the receivers to come could not work.
public struct ValidatingSignal<Payload: RefusablePayload>: Sendable {
    let signal: Signal<Payload>

    /// Connects a receiver.
    ///
    /// - Parameters:
    ///   - id: The receiver's identifier, unique for this signal.
    ///   - order: Receivers with smaller ones run first, those of one order as they were connected. Default: 0.
    ///   - receive: Runs at each send, in the isolation of the sender.
    /// - Returns: `false` if a receiver with this identifier is connected already. That one stays, in its place.
    @discardableResult
    public func connect(
        _ id: ReceiverID, order: Int = 0, _ receive: @escaping @Sendable (inout Payload) async throws -> Void
    ) -> Bool {
        signal.connect(id, order: order, Self.collecting(receive))
    }

    /// Disconnects a receiver.
    ///
    /// - Parameter id: The receiver's identifier.
    /// - Returns: Whether it was connected.
    @discardableResult
    public func disconnect(_ id: ReceiverID) -> Bool { signal.disconnect(id) }

    /// Connects a receiver for the time of a closure, and disconnects it on every way out.
    ///
    /// - Parameters:
    ///   - id: The receiver's identifier, unique for this signal.
    ///   - receive: Runs at each send, in the isolation of the sender.
    ///   - body: Runs with the receiver connected.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withConnected<Result, Failure: Error>(
        _ id: ReceiverID,
        _ receive: @escaping @Sendable (inout Payload) async throws -> Void,
        perform body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await signal.withConnected(id, Self.collecting(receive), perform: body)
    }

    /// Sends nothing to some or all receivers for the time of a closure: see `Signal.withMuted`. What they would have refused is not refused.
    ///
    /// - Parameters:
    ///   - receivers: The receivers that hear nothing; `nil` for all. Default: all.
    ///   - body: Runs with the signal muted.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withMuted<Result>(
        _ receivers: Set<ReceiverID>? = nil, perform body: () async throws -> Result
    ) async rethrows -> Result {
        try await signal.withMuted(receivers, perform: body)
    }

    /// Whether anybody is connected.
    public var hasReceivers: Bool { signal.hasReceivers() }

    /// The receivers, in the order in which they run.
    public var receivers: [ReceiverID] { signal.receivers() }

    /// All receivers as they are connected, in the order in which they run.
    public var descriptions: [ReceiverDescription] { signal.descriptions }

    /// The signal's name, for logs and listings.
    public var name: String { signal.name }

    private static func collecting(
        _ receive: @escaping @Sendable (inout Payload) async throws -> Void
    ) -> @Sendable (inout Payload) async throws -> Void {
        { payload in
            do {
                try await receive(&payload)
            } catch let failure as ValidationFailure where failure.cause == nil {
                payload.refuse(failure)
            }
        }
    }
}
