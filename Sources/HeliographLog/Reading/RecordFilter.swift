import HeliographPostgres

/// Which records a reader wants.
public struct RecordFilter: Sendable, Hashable {
    /// A table and what is to be heard of it.
    public struct Source: Sendable, Hashable {
        /// `public.users`.
        public let sender: String
        /// In a fixed order, so that equal sources are equal.
        public let operations: [AttachOptions.Operation]

        public init(sender: String, operations: some Sequence<AttachOptions.Operation>) {
            self.sender = sender
            let wanted = Set(operations)
            self.operations = AttachOptions.Operation.allCases.filter(wanted.contains)
        }
    }

    /// The tables; `nil` for all.
    public var sources: [Source]?
    /// How many lanes the records are dealt out to. Default: 1.
    public var laneCount: Int
    /// The lanes to read; `nil` for all.
    public var lanes: [Int]?

    /// Records with smaller numbers are not wanted, whenever they commit. Default: 0, for all.
    public var minimumID: Int64 = 0

    public init(sources: [Source]? = nil, laneCount: Int = 1, lanes: [Int]? = nil) {
        self.sources = sources
        self.laneCount = laneCount
        self.lanes = lanes
    }

    /// The condition on a row of the log under the alias `log`.
    var condition: SQL {
        var conditions: [SQL] = minimumID > 0 ? ["log.id >= \(minimumID)"] : []
        if let sources {
            let each: [SQL] = sources.map { source in
                let operations = source.operations
                return operations.count == AttachOptions.Operation.allCases.count
                    ? "log.sender = \(source.sender)"
                    : "(log.sender = \(source.sender) AND log.operation = ANY (\(operations.map(\.rawValue))))"
            }
            conditions.append(each.isEmpty ? "false" : "(" + SQL.joined(each, by: " OR ") + ")")
        }
        if let lanes, lanes.count < laneCount {
            let count = Int32(clamping: laneCount)
            conditions.append("((log.lane_hash & 2147483647) % \(count)) = ANY (\(lanes.map { Int32(clamping: $0) }))")
        }
        return conditions.isEmpty ? "true" : SQL.joined(conditions, by: " AND ")
    }
}
