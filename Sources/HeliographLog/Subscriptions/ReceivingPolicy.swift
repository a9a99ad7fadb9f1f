public import HeliographPostgres

/// How a subscription receives, as the last worker that registered it has told the database: for people to read.
///
/// It is no part of the declaration: workers of one revision may differ in it.
public struct ReceivingPolicy: Sendable, Hashable {
    /// `transactional` or `external`; a newer worker may say something else, here and below.
    public let mode: String
    /// `each` record, or a `batch`.
    public let unit: String
    /// So many calls at the same time in a process; of a transactional one 1.
    public let concurrency: Int
    /// So long a receiver may take for a record, or for a batch.
    public let timeout: Duration
    /// How often a record is tried before it is a dead letter.
    public let maximumAttempts: Int
    /// The wait before it is tried again, doubling from the first to the longest.
    public let backoff: Backoff
    /// What a dead letter means for the later records of its row: `block` or `release`.
    public let onDead: String
    /// `perKey` or `unordered`.
    public let order: String
    /// So many records of one row may be parked; then its lane waits.
    public let maximumParkedPerKey: Int

    package init(
        mode: String, unit: String, concurrency: Int, timeout: Duration, maximumAttempts: Int, backoff: Backoff,
        onDead: String, order: String, maximumParkedPerKey: Int
    ) {
        self.mode = mode
        self.unit = unit
        self.concurrency = concurrency
        self.timeout = timeout
        self.maximumAttempts = maximumAttempts
        self.backoff = backoff
        self.onDead = onDead
        self.order = order
        self.maximumParkedPerKey = maximumParkedPerKey
    }
}

/// In the database: always the same text for the same policy.
extension ReceivingPolicy {
    private enum Name {
        static let mode = "mode"
        static let unit = "unit"
        static let concurrency = "concurrency"
        static let timeout = "timeout_ms"
        static let attempts = "attempts"
        static let backoff = "backoff_ms"
        static let longestBackoff = "longest_backoff_ms"
        static let onDead = "on_dead"
        static let order = "order"
        static let parked = "parked_per_key"
    }

    package var json: JSONValue {
        let members: [(String, JSONValue)] = [
            (Name.mode, .string(mode)), (Name.unit, .string(unit)), (Name.concurrency, .number("\(concurrency)")),
            (Name.timeout, Self.milliseconds(timeout)), (Name.attempts, .number("\(maximumAttempts)")),
            (Name.backoff, Self.milliseconds(backoff.initial)),
            (Name.longestBackoff, Self.milliseconds(backoff.maximum)), (Name.onDead, .string(onDead)),
            (Name.order, .string(order)), (Name.parked, .number("\(maximumParkedPerKey)")),
        ]
        return .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
    }

    /// `nil` for a text that says less.
    package init?(_ json: JSONValue) {
        guard let mode = json[Name.mode]?.string, let unit = json[Name.unit]?.string,
            let concurrency = Self.number(json[Name.concurrency]), let timeout = Self.number(json[Name.timeout]),
            let attempts = Self.number(json[Name.attempts]), let initial = Self.number(json[Name.backoff]),
            let longest = Self.number(json[Name.longestBackoff]), let onDead = json[Name.onDead]?.string,
            let order = json[Name.order]?.string, let parked = Self.number(json[Name.parked])
        else { return nil }
        self.init(
            mode: mode, unit: unit, concurrency: concurrency, timeout: .milliseconds(timeout),
            maximumAttempts: attempts,
            backoff: Backoff(initial: .milliseconds(initial), maximum: .milliseconds(longest)),
            onDead: onDead, order: order, maximumParkedPerKey: parked)
    }

    private static func milliseconds(_ duration: Duration) -> JSONValue {
        .number("\(Int64(clamping: duration.attoseconds / 1_000_000_000_000_000))")
    }

    private static func number(_ value: JSONValue?) -> Int? {
        if case .number(let digits) = value { Int(digits) } else { nil }
    }
}
