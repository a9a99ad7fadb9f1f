import Synchronization

/// A signal of any payload, as far as muting is concerned.
package protocol MutableSignal: AnyObject, Sendable {
    /// Counts the scopes that mute it.
    func countMuting(_ change: Int)
}

/// What is muted in a task, and in those it starts.
package enum Muting {
    final class Scope: Sendable {
        let signals: Set<ObjectIdentifier>
        /// `nil` for all.
        let receivers: Set<ReceiverID>?
        /// `nil` for all.
        let sender: SignalSender?
        /// Tasks that were started within it may outlive it.
        private let isOver = Atomic(false)

        init(_ signals: Set<ObjectIdentifier>, _ receivers: Set<ReceiverID>?, _ sender: SignalSender?) {
            self.signals = signals
            self.receivers = receivers
            self.sender = sender
        }

        func end() { isOver.store(true, ordering: .relaxed) }

        /// Whether it mutes a receiver of a signal, for what this sender sends.
        func mutes(_ receiver: ReceiverID, of signal: ObjectIdentifier, from sender: SignalSender?) -> Bool {
            !isOver.load(ordering: .relaxed) && signals.contains(signal)
                && (self.sender == nil || self.sender == sender) && (receivers?.contains(receiver) ?? true)
        }
    }

    @TaskLocal static var scopes: [Scope] = []

    /// Mutes signals for the time of a closure.
    package static func with<Result>(
        _ signals: [any MutableSignal], _ receivers: Set<ReceiverID>? = nil, from sender: SignalSender? = nil,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        let scope = Scope(Set(signals.map { ObjectIdentifier($0) }), receivers, sender)
        for signal in signals { signal.countMuting(1) }
        defer {
            scope.end()
            for signal in signals { signal.countMuting(-1) }
        }
        return try await $scopes.withValue(scopes + [scope], operation: body)
    }
}
