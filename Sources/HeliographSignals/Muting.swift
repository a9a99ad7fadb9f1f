import Synchronization

/// A signal of any payload, as far as muting is concerned.
package protocol MutableSignal: AnyObject, Sendable {
    /// Counts the scopes that mute it.
    func countMuting(_ change: Int)
}

/// What is muted in a task, and in those it starts.
package enum Muting {
    struct Scope: Sendable {
        let signal: ObjectIdentifier
        /// `nil` for all.
        let receivers: Set<ReceiverID>?
        /// `nil` for all.
        let sender: SignalSender?
    }

    @TaskLocal static var scopes: [Scope] = []

    /// Mutes signals for the time of a closure.
    package static func with<Result>(
        _ signals: [any MutableSignal], _ receivers: Set<ReceiverID>? = nil, from sender: SignalSender? = nil,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        let added = signals.map { Scope(signal: ObjectIdentifier($0), receivers: receivers, sender: sender) }
        for signal in signals { signal.countMuting(1) }
        defer { for signal in signals { signal.countMuting(-1) } }
        return try await $scopes.withValue(scopes + added, operation: body)
    }
}
