/// What ``Worker/drain()`` has done.
public struct DrainReport: Sendable, Equatable {
    /// Of one subscription, in numbers of records.
    public struct Outcome: Sendable, Equatable {
        /// Received, their effects committed.
        public let received: Int
        /// Parked, because the receiver failed or because they are behind one with which it has.
        public let parked: Int
        /// Of the parked, those that are tried no more.
        public let dead: Int
        /// Done with, because the receiver threw ``Cancel``.
        public let cancelled: Int
    }

    /// By the subscription's name.
    public let subscriptions: [String: Outcome]

    init(_ counts: [String: [String: Int]]) {
        subscriptions = counts.mapValues { counts in
            Outcome(
                received: counts["committed"] ?? 0, parked: counts["parked"] ?? 0, dead: counts["dead"] ?? 0,
                cancelled: counts["cancelled"] ?? 0)
        }
    }

    /// The records that were received by a subscription; 0 for one that was not run.
    public func received(_ name: String) -> Int { subscriptions[name]?.received ?? 0 }

    /// Whether nothing was parked.
    public var isClean: Bool { subscriptions.values.allSatisfy { $0.parked == 0 } }
}
