public import HeliographPostgres

/// Who receives a table's signals, as the database knows it.
///
/// Receivers within a process (`preSave`, `postSave`, `afterCommit`, observers) are known to that process alone, which can list
/// them itself; the database never hears of them.
public struct TableExplanation: Sendable {
    /// How the table is captured.
    public struct Capture: Sendable {
        /// The name in the log: `public.users`.
        public let sender: String
        public let keyColumns: [String]
        /// Columns that never reach the log.
        public let excludedColumns: [String]
        public let operations: [String]
        public let ringsBell: Bool
        /// How else it is attached: every other column of the registry that says something, by its name.
        public let options: [(name: String, value: String)]
        /// How many findings ``Doctor`` has about it: with any, less may be heard of the table than is told here.
        /// `nil` for a role that may not look.
        public let findingCount: Int?
    }

    /// A durable receiver.
    public struct Subscription: Sendable {
        /// Revision, state, lanes and lag.
        public let status: LogStatus.Subscription
        /// What it hears of this table.
        public let operations: [String]
        /// Whatever else its declaration says, by name, such as a filter.
        public let declared: [JSONValue.Member]
        /// How it receives; `nil` until a worker that tells has registered it.
        public let policy: ReceivingPolicy?
        /// When it was registered first, ISO 8601.
        public let since: String
        /// The sessions that hold its lanes now.
        public let holders: [LogStatus.Holder]
    }

    /// A trigger of the user's on the table.
    public struct Trigger: Sendable {
        /// When it fires, seen from the capture of the same statement.
        public enum Order: String, Sendable, Hashable {
            /// What it changes in the row is what is recorded.
            case before
            /// Before the statement's records are written: what it writes is recorded before them.
            case ahead
            /// After the statement's records are written.
            case after
            /// When the transaction commits.
            case commit
        }

        public let name: String
        /// `BEFORE ROW`, `AFTER STATEMENT`, …
        public let timing: String
        public let operations: [String]
        /// `public.audit`.
        public let function: String
        public let isEnabled: Bool
        public let order: Order
    }

    /// The table as it is called now; `nil` if it is gone and only its records are left.
    public let table: String?
    /// `nil` if it is not captured.
    public let capture: Capture?
    /// In the order of their names. Each has a place of its own in the log, so they have no order among each other.
    public let subscriptions: [Subscription]
    /// Those that fire, in the order in which they do.
    public let triggers: [Trigger]
}
