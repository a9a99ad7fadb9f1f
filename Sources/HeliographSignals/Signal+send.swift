public import Synchronization

extension Signal {
    /// Runs the receivers one after the other and stops at the first error.
    ///
    /// Cancellation of the task is left to the receivers: a send neither checks for it nor skips anybody.
    ///
    /// - Parameters:
    ///   - payload: What the receivers get. Their changes stay, also those made before an error.
    ///   - sender: Who sends; receivers that asked for another sender do not run.
    /// - Throws: What the first failing receiver threw. The receivers after it have not run.
    @inlinable
    @inline(__always)
    public func send(_ payload: inout Payload, from sender: SignalSender? = nil) async throws {
        guard count.load(ordering: .acquiring) > 0 else { return }
        let receivers = snapshot
        if receivers.arePlain, mutings.load(ordering: .relaxed) == 0 { return try receivers.callPlain(&payload) }
        try await call(hearing(sender), &payload, from: sender)
    }

    @inlinable
    func call(
        _ receivers: ContiguousArray<Receiver<Payload>>, _ payload: inout Payload, from sender: SignalSender?
    ) async throws {
        for receiver in receivers where receiver.hears(sender) {
            switch receiver.body {
            case .immediate(let receive): try receive(&payload)
            case .waiting(let receive): try await receive(&payload)
            case .answering(let receive): _ = try await receive(&payload)
            }
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
    /// - Returns: One entry for each receiver that ran, in order, with what it returned or threw.
    @discardableResult
    public func sendRobust(_ payload: inout Payload, from sender: SignalSender? = nil) async -> [Delivery] {
        var deliveries: [Delivery] = []
        for receiver in hearing(sender) where receiver.hears(sender) {
            do {
                var value: (any Sendable)?
                switch receiver.body {
                case .immediate(let receive): try receive(&payload)
                case .waiting(let receive): try await receive(&payload)
                case .answering(let receive): value = try await receive(&payload)
                }
                deliveries.append(Delivery(receiver: receiver.id, value: value))
            } catch {
                deliveries.append(Delivery(receiver: receiver.id, error: error))
            }
        }
        return deliveries
    }
}

extension Signal where Payload == Void {
    /// Sends an event that has nothing to say but that it happened.
    ///
    /// - Parameter sender: Who sends; receivers that asked for another sender do not run.
    /// - Throws: What the first failing receiver threw. The receivers after it have not run.
    public func send(from sender: SignalSender? = nil) async throws {
        var nothing: Void = ()
        try await send(&nothing, from: sender)
    }
}
