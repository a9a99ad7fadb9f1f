/// How a table is captured.
public struct AttachOptions: Sendable, Hashable {
    /// What can happen to a table.
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        case insert, update, delete, truncate
    }

    /// Columns that never reach the log. Default: none.
    public var excludedColumns: [String]
    /// The columns that identify a row. Default: the primary key, or else a suitable unique index.
    public var keyColumns: [String]?
    /// Default: all.
    public var operations: [Operation]
    /// Whether a change rings the bell. Default: `true`; `false` for tables written by prepared transactions, which may not NOTIFY.
    public var ringsBell: Bool
    /// Whether what a subscription of logical replication applies, and a restore, is captured as well. Default: `false`.
    public var isAlways: Bool
    /// The largest row, in bytes of its JSON at worst, whose values are recorded; of a larger one its key is. Default: any size.
    public var maximumRowSize: Int?

    public init(
        excludedColumns: [String] = [], keyColumns: [String]? = nil, operations: [Operation] = Operation.allCases,
        ringsBell: Bool = true, isAlways: Bool = false, maximumRowSize: Int? = nil
    ) {
        self.excludedColumns = excludedColumns
        self.keyColumns = keyColumns
        self.operations = operations
        self.ringsBell = ringsBell
        self.isAlways = isAlways
        self.maximumRowSize = maximumRowSize
    }
}
