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
    }

    /// A worker's session and the lanes it holds.
    public struct Holder: Sendable {
        public let subscription: String
        public let backendProcessID: Int
        public let applicationName: String
        public let lanes: [Int]
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
    /// Sessions that LISTEN cannot be counted; this is how full the server's queue of notifications is, 0 to 1.
    public let notificationQueueUsage: Double
    /// The log's size with its indexes, in bytes.
    public let logBytes: Int64
    /// The newest record's number; 0 if there never was one.
    public let newestID: Int64
    /// The age of the oldest open transaction of the database, in seconds; `nil` if there is none but this one.
    public let oldestTransactionSeconds: Double?
}
