import HeliographPostgres

extension Record {
    /// The columns of the log that ``init(row:)`` reads, in order. `log` is the table's alias, `lanes` how many lanes there are.
    static func columns(lanes: Int) -> SQL {
        """
        log.id, log.xid::text, \
        to_char(log.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), \
        log.sender, log.partition, log.operation, ((log.lane_hash & 2147483647) % \(Int32(clamping: lanes)))::int4, \
        log.key::text, log.previous_key::text, log.instance::text, log.previous::text, log.changed, nullif(log.context, ''), \
        log.writer::text
        """
    }

    /// How many columns those are.
    static let columnCount = 14

    /// - Parameter offset: how many other columns stand before.
    init(row: Row, from offset: Int) throws {
        let name = try row.decode(offset + 5, as: String.self)
        guard let operation = AttachOptions.Operation(rawValue: name) else {
            throw LogError(
                .unreadableRecord, "a record has the unknown operation \"\(name)\": it was written by a newer version"
            )
        }
        self.init(
            id: try row.decode(offset),
            transaction: try row.decode(offset + 1),
            at: try row.decode(offset + 2),
            sender: try row.decode(offset + 3),
            partition: try row.decode(offset + 4),
            operation: operation,
            lane: try row.decode(offset + 6),
            key: try row.decode(offset + 7),
            previousKey: try row.decode(offset + 8),
            instance: try row.decode(offset + 9),
            previous: try row.decode(offset + 10),
            changed: try row.decode(offset + 11),
            context: try row.decode(offset + 12),
            writer: try row.decode(offset + 13)
        )
    }
}
