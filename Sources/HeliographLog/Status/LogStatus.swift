/// How the log and its readers are at a moment.
public struct LogStatus: Sendable {
    /// A captured table.
    public struct Table: Sendable {
        /// `public.users`.
        public let sender: String
        public let operations: [String]
        public let excludedColumns: [String]
        public let keyColumns: [String]
        public let ringsBell: Bool
    }

    /// A subscription and how far behind it is.
    public struct Subscription: Sendable {
        public let name: String
        public let revision: Int
        public let state: String
        /// How many lanes it has.
        public let lanes: Int
        /// How many of them a worker holds.
        public let heldLanes: Int
        /// How many sessions work for it.
        public let workers: Int
        /// Committed records that it has not acted upon.
        public let lagRecords: Int
        /// The age of the oldest of them, in seconds; 0 if there are none.
        public let lagSeconds: Double
        /// Records that are parked, because a receiver failed with them or with an earlier one of their row. They are no lag.
        public let parkedRecords: Int
        /// Records that were tried as often as they may be, and wait for a person.
        public let deadLetters: Int
        /// Whether everything fails at the moment, so that a worker tries one record now and then.
        public let isWaitingOutOutage: Bool
    }

    /// A worker's session and the lanes it holds.
    public struct Holder: Sendable {
        public let subscription: String
        public let backendProcessID: Int
        public let applicationName: String
        public let lanes: [Int]
    }

    /// The session that holds the pump's lock.
    public struct Pump: Sendable {
        public let backendProcessID: Int
        public let applicationName: String
    }

    /// How readers are woken.
    public enum WakeMode: String, Sendable {
        /// Each commit rings.
        case bell
        /// A pump rings for all.
        case pump
    }

    public let schemaVersion: Int
    public let tables: [Table]
    public let subscriptions: [Subscription]
    public let holders: [Holder]
    public let wakeMode: WakeMode
    /// The session that is the pump, or would be; `nil` if no process runs one.
    public let pump: Pump?
    /// Sessions that LISTEN cannot be counted; this is how full the server's queue of notifications is, 0 to 1.
    public let notificationQueueUsage: Double
    /// The log's size with its indexes, in bytes.
    public let logBytes: Int64
    /// The newest record's number; 0 if there never was one.
    public let newestID: Int64
    /// The age of the oldest open transaction of the database, in seconds; `nil` if there is none but this one. Of the sessions that
    /// the role may see: its own, and all with `pg_read_all_stats`.
    public let oldestTransactionSeconds: Double?

    /// How readers are woken, and why so, in a sentence.
    public var wakeReason: String {
        let who = pump.map { "\($0.applicationName) (backend \($0.backendProcessID))" }
        let silent = tables.filter { !$0.ringsBell }.map(\.sender)
        let mode =
            switch (wakeMode, who) {
            case (.bell, let who?): "every commit rings, few commit; \(who) takes over when many do"
            case (.bell, nil): "every commit rings; no process runs a pump"
            case (.pump, let who?): "\(who) rings for all, many commit"
            case (.pump, nil): "the pump has ended: readers look every second until another takes over"
            }
        guard !silent.isEmpty else { return mode }
        let looking = pump == nil ? "readers look every second" : "the pump looks every 100 ms"
        return "\(mode); \(silent.joined(separator: ", ")) never ring: \(looking)"
    }
}
