extension Signal {
    /// Connects a receiver that does not wait for anything.
    ///
    /// - Parameters:
    ///   - id: The receiver's identifier, unique for this signal and `sender`.
    ///   - sender: The only sender to hear; `nil` hears all.
    ///   - order: Receivers with smaller ones run first, those of one order as they were connected. Default: 0.
    ///   - receive: Runs at each send, in the isolation of the sender. It may change the payload, and may throw.
    /// - Returns: `false` if a receiver is already connected with this identifier and sender. That one stays, in its
    ///   place, and `receive` is not used.
    @discardableResult
    public func connect(
        _ id: ReceiverID, from sender: SignalSender? = nil, order: Int = 0,
        _ receive: @escaping @Sendable (inout Payload) throws -> Void
    ) -> Bool {
        connect(Receiver(id: id, sender: sender, order: order, body: .immediate(receive)))
    }

    /// Connects a receiver that may wait: those behind it wait for it.
    ///
    /// The parameters are those of a receiver that does not.
    @discardableResult
    public func connect(
        _ id: ReceiverID, from sender: SignalSender? = nil, order: Int = 0,
        _ receive: @escaping @Sendable (inout Payload) async throws -> Void
    ) -> Bool {
        connect(Receiver(id: id, sender: sender, order: order, body: .waiting(receive)))
    }

    /// Connects a receiver that returns a value, which the sender finds in the report of ``sendRobust(_:from:)``.
    ///
    /// The parameters are those of a receiver that returns nothing.
    @discardableResult
    public func connect<Value: Sendable>(
        answering id: ReceiverID, from sender: SignalSender? = nil, order: Int = 0,
        _ receive: @escaping @Sendable (inout Payload) async throws -> Value
    ) -> Bool {
        connect(Receiver(id: id, sender: sender, order: order, body: .answering(receive)))
    }
}

extension Collection {
    /// Connects a receiver to several signals. It runs for each of them, with the same identifier.
    ///
    /// ```swift
    /// [created, renamed].connect("search-index") { event in index.add(event) }
    /// ```
    ///
    /// - Returns: How many of them had no receiver with this identifier and sender.
    @discardableResult
    public func connect<Payload>(
        _ id: ReceiverID, from sender: SignalSender? = nil, order: Int = 0,
        _ receive: @escaping @Sendable (inout Payload) throws -> Void
    ) -> Int where Element == Signal<Payload> {
        count { $0.connect(id, from: sender, order: order, receive) }
    }

    /// Connects a receiver that may wait to several signals.
    @discardableResult
    public func connect<Payload>(
        _ id: ReceiverID, from sender: SignalSender? = nil, order: Int = 0,
        _ receive: @escaping @Sendable (inout Payload) async throws -> Void
    ) -> Int where Element == Signal<Payload> {
        count { $0.connect(id, from: sender, order: order, receive) }
    }

    /// Disconnects a receiver from several signals.
    ///
    /// - Returns: From how many of them.
    @discardableResult
    public func disconnect<Payload>(_ id: ReceiverID, from sender: SignalSender? = nil) -> Int
    where Element == Signal<Payload> {
        count { $0.disconnect(id, from: sender) }
    }
}
