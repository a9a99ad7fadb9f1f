import HeliographPostgres

/// Which records a reader wants.
public struct RecordFilter: Sendable, Hashable {
    /// A table and what is to be heard of it.
    public struct Source: Sendable, Hashable {
        /// `public.users`.
        public let sender: String
        /// In a fixed order, so that equal sources are equal.
        public let operations: [AttachOptions.Operation]
        /// Updates only that have changed one of these columns; empty for all. In order.
        public let changing: [String]

        /// - Parameter columns: of updates only those are wanted that have changed one of these. Default: all updates.
        public init(
            sender: String, operations: some Sequence<AttachOptions.Operation>,
            changing columns: some Sequence<String> = []
        ) {
            self.sender = sender
            self.changing = Set(columns).sorted()
            let wanted = Set(operations)
            self.operations = AttachOptions.Operation.allCases.filter(wanted.contains)
        }

        /// As ``RecordFilter/condition`` says it in SQL.
        package func wants(_ record: Record) -> Bool {
            guard record.sender == sender, operations.contains(record.operation) else { return false }
            guard !changing.isEmpty, record.operation == .update else { return true }
            return record.changed?.contains(where: changing.contains) ?? false
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
                var each: [SQL] = ["log.sender = \(source.sender)"]
                if source.operations.count < AttachOptions.Operation.allCases.count {
                    each.append("log.operation = ANY (\(source.operations.map(\.rawValue)))")
                }
                if !source.changing.isEmpty {
                    each.append("(log.operation <> 'update' OR log.changed && \(source.changing))")
                }
                return each.count == 1 ? each[0] : "(" + SQL.joined(each, by: " AND ") + ")"
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
