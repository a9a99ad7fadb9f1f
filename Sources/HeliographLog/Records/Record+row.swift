package import HeliographPostgres

extension Record {
    /// The columns of the log that ``init(row:from:lanes:)`` reads, in order. `log` is the table's alias.
    package static let columns: SQL = """
        log.id, log.xid::text, log.at, \
        log.sender, log.partition, log.operation, log.lane_hash, \
        log.key, log.previous_key, log.instance, log.previous, log.changed, nullif(log.context, ''), log.writer
        """

    /// What those are made of.
    package static let rawColumns: SQL = """
        log.id, log.xid, log.at, log.sender, log.partition, log.operation, log.lane_hash, log.key, log.previous_key, \
        log.instance, log.previous, log.changed, log.context, log.writer
        """

    /// - Parameters:
    ///   - offset: how many other columns stand before.
    ///   - lanes: how many lanes the rows are dealt out to.
    package init(row: Row, from offset: Int, lanes: Int) throws {
        let keyHash = try row.decode(offset + 6, as: Int32.self)
        let name = try row.decode(offset + 5, as: String.self)
        guard let operation = AttachOptions.Operation(rawValue: name) else {
            throw LogError(
                .unreadableRecord, "a record has the unknown operation \"\(name)\": it was written by a newer version"
            )
        }
        self.init(
            RecordContent(
                id: try row.decode(offset),
                transaction: try row.decode(offset + 1, as: String?.self) ?? "",
                time: .moment(try row.decode(offset + 2)),
                sender: try row.decode(offset + 3),
                partition: try row.decode(offset + 4),
                operation: operation,
                lane: Self.lane(of: keyHash, among: lanes),
                keyHash: keyHash,
                key: try row.decode(offset + 7),
                previousKey: try row.decode(offset + 8),
                instance: try row.decode(offset + 9),
                previous: try row.decode(offset + 10),
                changed: try row.decode(offset + 11),
                context: try row.decode(offset + 12),
                writer: try row.decode(offset + 13)
            ))
    }

    /// A row that is backfilled.
    /// - Parameters:
    ///   - number: negative, made of its key.
    ///   - at: when it was read.
    ///   - reader: who read it: who wrote it is not known.
    package init(
        backfilled number: Int64, at: String, sender: String, partition: String?, keyHash: Int32, lanes: Int,
        key: String?,
        instance: String?, reader: String
    ) {
        self.init(
            RecordContent(
                id: number, transaction: "", time: .text(at), sender: sender, partition: partition, operation: .insert,
                lane: Self.lane(of: keyHash, among: lanes), keyHash: keyHash, key: key, previousKey: nil,
                instance: instance,
                previous: nil, changed: nil, context: nil, writer: reader))
    }

    /// A record that no table holds.
    package init(
        id: Int64, transaction: String, at: String, sender: String, operation: AttachOptions.Operation, keyHash: Int32,
        key: String?, previousKey: String?, instance: String?, previous: String?, changed: [String]?, context: String?,
        writer: String
    ) {
        self.init(
            RecordContent(
                id: id, transaction: transaction, time: .text(at), sender: sender, partition: nil, operation: operation,
                lane: 0,
                keyHash: keyHash, key: key, previousKey: previousKey, instance: instance, previous: previous,
                changed: changed, context: context, writer: writer))
    }

    /// The same, dealt out to so many lanes.
    package func dealt(among lanes: Int) -> Record {
        Record(
            RecordContent(
                id: id, transaction: transaction, time: content.time, sender: sender, partition: partition,
                operation: operation,
                lane: Self.lane(of: keyHash, among: lanes), keyHash: keyHash, key: key, previousKey: previousKey,
                instance: instance, previous: previous, changed: changed, context: context, writer: writer))
    }

    /// As the function lane() does.
    private static func lane(of keyHash: Int32, among lanes: Int) -> Int { Int(keyHash & .max) % max(1, lanes) }
}
