import Synchronization

/// Any number of transfers on one thread, which is there while they are and some time longer.
///
/// libcurl blocks, which must not be done on the threads that tasks share.
final class TransferLoop: Sendable {
    /// The one for all webhooks of a process, so that they share its thread and its open connections.
    static let shared = TransferLoop()

    private struct State {
        /// What the thread has not taken up.
        var orders: [TransferOrder] = []
        /// `nil` while there is no thread.
        var multi: MultiHandle?
    }

    /// How long the thread and the connections outlive the last transfer.
    let idleTime: Duration
    private let ended: @Sendable () -> Void
    private let state = Mutex(State())

    /// Whether there is a thread that takes orders.
    var isRunning: Bool { state.withLock { $0.multi != nil } }

    /// - Parameter ended: Called when the thread ends, after it has closed its connections.
    init(idleTime: Duration = .seconds(60), ended: @escaping @Sendable () -> Void = {}) {
        self.idleTime = idleTime
        self.ended = ended
    }

    /// Does a transfer.
    ///
    /// - Throws: ``OutboundFailure`` if it could not be begun; `CancellationError`.
    func perform(_ transfer: Transfer) async throws -> TransferEnd {
        let ticket = TransferTicket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                begin(transfer, ticket, continuation)
            }
        } onCancel: {
            // The ticket first: the order may come before the one to start, or after the transfer's end.
            ticket.cancel()
            state.withLock { state in
                guard let multi = state.multi else { return }
                state.orders.append(.cancel(ticket))
                multi.wake()
            }
        }
    }

    private func begin(
        _ transfer: Transfer, _ ticket: TransferTicket, _ continuation: CheckedContinuation<TransferEnd, any Error>
    ) {
        let hasThread = state.withLock { state in
            guard let multi = state.multi ?? startThread() else { return false }
            state.multi = multi
            state.orders.append(.start(transfer, ticket, continuation))
            multi.wake()
            return true
        }
        guard !hasThread else { return }
        continuation.resume(
            throwing: OutboundFailure("nothing can be sent: the system has no thread, memory or file descriptor left"))
    }

    private func startThread() -> MultiHandle? {
        guard let multi = MultiHandle() else { return nil }
        let hasStarted = DetachedThread.start { [self] in
            TransferEngine(self, multi).run()
            ended()
        }
        guard hasStarted else {
            multi.free()
            return nil
        }
        return multi
    }

    /// For the thread: what there is to do.
    func takeOrders() -> [TransferOrder] {
        state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    /// For the thread: whether it may end. Nobody gives it orders any longer then.
    func retire() -> Bool {
        state.withLock { state in
            guard state.orders.isEmpty else { return false }
            state.multi = nil
            return true
        }
    }

    /// For the thread: nobody gives it orders any longer.
    ///
    /// - Returns: Those that it has not taken up.
    func close() -> [TransferOrder] {
        state.withLock { state in
            defer { state = State() }
            return state.orders
        }
    }
}
