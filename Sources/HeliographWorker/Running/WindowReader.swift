import HeliographLog
import HeliographPostgres

/// Reads for lanes what comes next, on a connection of its own: so long reads do not stand in the way of the session that holds the
/// locks.
final class WindowReader: LaneReader {
    private let reader: LogReader
    private let backfill: BackfillReader
    private let connection: Connection
    private let sources: [RecordFilter.Source]
    private let laneCount: Int
    private let prepare: Subscription.Prepare?
    private let patience: Duration
    /// What comes after the batch that is being worked on, which is read meanwhile.
    private var ahead: ReadAhead?
    /// Of backfills, until they have been told.
    private var chunks: [BackfillChunk] = []

    /// - Parameter patience: so long receivers may take to ask the database for something before the next records are read all the same.
    init(
        _ subscription: Subscription, laneCount: Int, schema: SchemaName, connection: Connection,
        patience: Duration = .milliseconds(5)
    ) {
        self.patience = patience
        sources = subscription.sources
        prepare = subscription.prepare
        self.laneCount = laneCount
        self.connection = connection
        reader = LogReader(schema: schema, isPrepared: true)
        backfill = BackfillReader(schema: schema, sources: sources, laneCount: laneCount)
    }

    func read(
        _ group: LaneTable.Group, hi: Snapshot?, limit: Int, takesAhead: Bool
    ) async throws -> LaneReading {
        if takesAhead, let ahead, ahead.lanes == group.lanes, ahead.place == group.place {
            self.ahead = nil
            return LaneReading(try await ahead.task.value, for: group)
        }
        await dropAhead()
        guard let frontier = group.place.frontier else {
            return LaneReading(try await readWindow(group, hi: hi, "true", limit: limit), for: group)
        }
        let wanted = try await backfill.condition(at: frontier, on: connection)
        guard group.place.hi == nil else {
            return LaneReading(try await readWindow(group, hi: nil, wanted, limit: limit), for: group)
        }
        let chunk = try await chunk(for: group, frontier, limit: max(limit, Self.smallestChunk))
        guard group.place.lo.snapshot == chunk.snapshot, let rest = chunk.rest(for: group.lanes, at: group.place) else {
            return LaneReading(
                try await readWindow(group, hi: chunk.snapshot, wanted, limit: limit), for: group)
        }
        return LaneReading(rest, of: chunk, for: group, limit: limit)
    }

    func readAhead(
        _ group: LaneTable.Group, _ reading: LaneReading, limit: Int, lettingGoOf spent: [Record],
        after start: BellWaiter
    ) {
        guard let window = reading.window, !window.isComplete, !group.isSuspect, let last = window.records.last,
            group.place.frontier == nil
        else { return }
        let place = reading.course.end
        let filter = filter(group)
        // What the decoding of a record may do to the process is to be found out in its own attempt.
        let prepare = group.probationSize == nil ? prepare : nil
        let (reader, connection, patience) = (reader, connection, patience)
        ahead = ReadAhead(
            lanes: group.lanes, place: place,
            task: Task { [spent] in
                // Held by the task until it ends.
                _ = spent
                await start.wait(upTo: patience)
                return try await reader.readPieces(
                    from: place.lo.snapshot, to: window.hi, after: last.id, filter, limit: limit, preparing: prepare,
                    on: connection)
            })
    }

    func dropAhead() async {
        guard let ahead else { return }
        self.ahead = nil
        ahead.task.cancel()
        _ = try? await ahead.task.value
    }

    func keepChunks(for groups: [LaneTable.Group]) {
        chunks.removeAll { chunk in
            !groups.contains { group in
                group.place.hi?.snapshot == chunk.snapshot || chunk.rest(for: group.lanes, at: group.place) != nil
            }
        }
    }

    /// A row at a time would be a transaction for each.
    private static let smallestChunk = 100

    private func chunk(for group: LaneTable.Group, _ frontier: Frontier, limit: Int) async throws -> BackfillChunk {
        if let known = chunks.first(where: { $0.rest(for: group.lanes, at: group.place) != nil }) { return known }
        let lo = group.place.lo.snapshot
        let chunk = try await backfill.chunk(for: group.lanes, after: frontier, from: lo, limit: limit, on: connection)
        chunks.append(chunk)
        return chunk
    }

    private func filter(_ group: LaneTable.Group) -> RecordFilter {
        RecordFilter(sources: sources, laneCount: laneCount, lanes: group.lanes)
    }

    private func readWindow(
        _ group: LaneTable.Group, hi: Snapshot?, _ condition: SQL, limit: Int
    ) async throws -> Window {
        let filter = filter(group)
        let lo = group.place.lo.snapshot
        if let end = group.place.hi {
            return try await reader.readPieces(
                from: lo, to: end.snapshot, after: group.place.lastID, filter, and: condition, limit: limit,
                on: connection)
        }
        guard lo == .beginning else {
            return try await reader.read(
                from: lo, to: hi, filter, and: condition, limit: min(limit, RecordSize.piece), on: connection)
        }
        // All of the log, so by id from the start.
        let end = if let hi { hi } else { try await reader.takeSnapshot(on: connection).snapshot }
        return try await reader.readPieces(
            from: lo, to: end, after: 0, filter, and: condition, limit: limit, on: connection)
    }
}
