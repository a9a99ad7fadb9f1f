/// A record that a subscription has parked, because its receiver failed with it or with an earlier one of its row.
public struct ParkedRecord: Sendable, Identifiable {
    /// A try that failed.
    public struct Attempt: Sendable {
        public let number: Int
        /// UTC, in ISO 8601.
        public let at: String
        /// The name of the worker's session.
        public let worker: String
        public let error: String
    }

    /// Its own number, by which it is retried or discarded.
    public let id: Int64
    public let subscription: String
    /// Whether it was tried as often as it may be, and waits for a person.
    public let isDead: Bool
    /// How often it failed since it was parked or somebody had it tried again.
    public let failures: Int
    /// When it is tried next, UTC; `nil` when those of its row before it are done with.
    public let dueAt: String?
    /// When it was parked, UTC.
    public let parkedAt: String
    /// The record. Its ``Record/id`` is 0 for one of a backfill.
    public let record: Record
    public let attempts: [Attempt]
}
