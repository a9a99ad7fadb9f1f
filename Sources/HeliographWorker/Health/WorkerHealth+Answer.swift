extension WorkerHealth {
    /// What a probe is told.
    public struct Answer: Sendable, Hashable, CustomStringConvertible {
        /// Whether the probe succeeds.
        public let isGood: Bool
        /// What there is to say of subscriptions, a line for each and each with its name: what speaks against it, if anything does; else
        /// remarks. Without hosts, roles or errors, which are in the log: whoever may ask may not know them.
        public let reasons: [String]

        init(_ verdicts: [SubscriptionHealth.Verdict]) {
            let bad = verdicts.filter { !$0.isGood }
            isGood = bad.isEmpty
            reasons = (bad.isEmpty ? verdicts : bad).compactMap(\.reason)
        }

        /// One line.
        public var description: String {
            reasons.isEmpty ? (isGood ? "ok" : "not ok") : reasons.joined(separator: "; ")
        }
    }
}
