public import HeliographPostgres

/// What becomes of a record whose receiver fails.
///
/// It is parked, with the later records of its row behind it, and tried again; everything else goes on. After the last try it is a
/// dead letter, which waits for a person. Errors that lie in the moment (a lost connection, a deadlock, a restarted server) are no
/// tries, and when everything fails, nothing is parked: then the outage is waited for.
public struct RetryPolicy: Sendable, Hashable {
    /// What a dead letter means for the later records of its row.
    public enum OnDead: String, Sendable, Hashable {
        /// They wait, until the dead letter is retried or discarded.
        case block
        /// They go on. A retry of the dead letter comes after them, out of order.
        case release
    }

    /// In which order the records of a row are received.
    public enum Order: String, Sendable, Hashable {
        /// As they were committed: a failed one holds up those behind it.
        case perKey
        /// A failed one is tried again by itself; those behind it do not wait.
        case unordered
    }

    /// How often a record is tried before it is a dead letter. Default: 20; 1 for once.
    public var maximumAttempts: Int
    /// The wait before it is tried again. Default: the worker's, see ``WorkerConfiguration/retryBackoff``.
    public var backoff: Backoff?
    /// Default: `block`.
    public var onDead: OnDead
    /// Default: `perKey`.
    public var order: Order
    /// So many records of one row may be parked; then its lane waits. Default: 1,000.
    public var maximumParkedPerKey: Int

    public init(
        maximumAttempts: Int = 20, backoff: Backoff? = nil, onDead: OnDead = .block, order: Order = .perKey,
        maximumParkedPerKey: Int = 1_000
    ) {
        self.maximumAttempts = maximumAttempts
        self.backoff = backoff
        self.onDead = onDead
        self.order = order
        self.maximumParkedPerKey = maximumParkedPerKey
    }
}
