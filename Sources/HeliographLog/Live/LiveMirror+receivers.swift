public import HeliographModels
import HeliographPostgres
public import HeliographSignals
import Logging

extension LiveMirror {
    /// Connects a receiver to a model's committed changes.
    ///
    /// Receivers run one after the other, in the order in which they were connected, for one record after the other. One that
    /// throws is logged, and the others run; one that is slow makes the other receivers wait, but no sequence. A TRUNCATE has no
    /// row: hear it by ``connect(_:from:scope:receive:)``.
    ///
    /// All that commits after it has been connected is told, if the mirror has begun; also some that committed up to a poll
    /// interval before may be.
    /// - Parameters:
    ///   - id: the receiver's name, unique for this model's sender.
    ///   - changes: which; default: `created`, `updated` and `deleted`.
    ///   - scope: whose changes. Default: everybody's.
    /// - Returns: `false` if there is a receiver of that name already; that one stays.
    @discardableResult
    public func connect<M: Model>(
        _ id: ReceiverID, on model: M.Type, _ changes: SignalChange..., scope: Scope = .everywhere,
        receive: @escaping @Sendable (LiveEvent<M>) async throws -> Void
    ) -> Bool {
        let wanted = changes.isEmpty ? [.insert, .update, .delete] : changes.map(\.operation)
        return connect(id, from: M.mapping.sender, scope: scope) { live in
            if wanted.contains(live.record.operation) { try await receive(try LiveEvent(live)) }
        }
    }

    /// Connects a receiver to records as they stand in the log, those of a TRUNCATE included.
    /// - Parameters:
    ///   - id: the receiver's name, unique for this sender.
    ///   - sender: whose records; `nil` for all tables.
    ///   - scope: whose changes. Default: everybody's.
    /// - Returns: `false` if there is a receiver of that name already; that one stays.
    @discardableResult
    public func connect(
        _ id: ReceiverID, from sender: SignalSender? = nil, scope: Scope = .everywhere,
        receive: @escaping @Sendable (LiveRecord) async throws -> Void
    ) -> Bool {
        let isNew = records.connect(id, from: sender) { live in
            if scope.includes(live) { try await receive(live) }
        }
        demandForReceivers()
        return isNew
    }

    /// Disconnects a receiver.
    /// - Parameter sender: the one it was connected with; of a model's, `User.mapping.sender`.
    /// - Returns: whether it was connected.
    @discardableResult
    public func disconnect(_ id: ReceiverID, from sender: SignalSender? = nil) -> Bool {
        defer { demandForReceivers() }
        return records.disconnect(id, from: sender)
    }

    /// Runs the receivers until shutdown.
    func dispatch(_ iterator: LiveEvents.Iterator) async {
        var iterator = iterator
        var hasBegun = false
        while true {
            do {
                guard let event = try await iterator.next() else { return }
                await tell(event, &hasBegun)
            } catch {
                if hasEnded || Task.isCancelled { return }
                logger.info("the live receivers cannot read the log, beginning anew", metadata: ["error": "\(error)"])
                beginReceiversAnew()
                await pause(for: .seconds(1))
            }
        }
    }

    private func tell(_ event: Event, _ hasBegun: inout Bool) async {
        switch event {
        case .record(let live):
            var live = live
            let sender = live.record.sender
            logger.report(
                "a live receiver failed", await records.sendRobust(&live, from: SignalSender(sender)), of: sender)
        case .caughtUp where !hasBegun, .reset:
            hasBegun = true
            var nothing: Void = ()
            logger.report("a live receiver failed", await beginnings.sendRobust(&nothing), of: beginnings.name)
        case .caughtUp: break
        case .lagged:
            logger.info("the live receivers are slower than the log; they read by themselves until they have caught up")
        }
    }
}
