import HeliographLog
import HeliographPostgres
import Synchronization

/// Reads a log in memory as ``WindowReader`` reads that of a database.
final class MemoryReader: LaneReader {
    private let log: MemoryLog
    private let subscription: Subscription
    private let laneCount: Int
    /// Of a backfill, until it has been told.
    private var chunk: BackfillChunk?

    init(_ log: MemoryLog, _ subscription: Subscription, laneCount: Int) {
        self.log = log
        self.subscription = subscription
        self.laneCount = laneCount
    }

    func readAhead(_ group: LaneTable.Group, _ reading: LaneReading, limit: Int) {}
    func dropAhead() {}

    func keepChunks(for groups: [LaneTable.Group]) {
        guard let known = chunk else { return }
        let isWanted = groups.contains { group in
            group.place.hi?.snapshot == known.snapshot || known.rest(for: group.lanes, at: group.place) != nil
        }
        if !isWanted { chunk = nil }
    }

    func read(_ group: LaneTable.Group, hi: Snapshot?, limit: Int, takesAhead: Bool) throws -> LaneReading {
        guard let frontier = group.place.frontier, group.place.hi == nil else {
            return LaneReading(window(group, to: group.place.hi?.snapshot ?? hi, limit: limit), for: group)
        }
        let chunk = makeChunk(for: group, after: frontier)
        guard group.place.lo.snapshot == chunk.snapshot, let rest = chunk.rest(for: group.lanes, at: group.place) else {
            return LaneReading(window(group, to: chunk.snapshot, limit: limit), for: group)
        }
        return LaneReading(rest, of: chunk, for: group, limit: limit)
    }

    private func window(_ group: LaneTable.Group, to end: Snapshot?, limit: Int) -> Window {
        let lanes = Set(group.lanes)
        let told = group.place.frontier.map { Self.number(in: $0) }
        return log.state.withLock { state in
            let hi = end ?? state.snapshot
            let lo = group.place.lo.snapshot
            let tables = state.tables
            let records = state.entries.lazy.filter { entry in
                guard entry.record.id > group.place.lastID || group.place.hi == nil, hi.sees(entry.transaction),
                    !lo.sees(entry.transaction)
                else { return false }
                // Of a lane that is being backfilled, only of rows that have been told.
                guard let told else { return true }
                return tables.number(of: entry.record.key, in: entry.record.sender).map { $0 <= told } ?? true
            }
            .map { $0.record.dealt(among: self.laneCount) }
            .filter { record in lanes.contains(record.lane) && self.subscription.sources.contains { $0.wants(record) } }
            .prefix(limit)
            return Window(
                hi: hi, records: Array(records), isComplete: records.count < limit, server: MemoryStore.server,
                newestID: Int64(state.entries.count))
        }
    }

    private func makeChunk(for group: LaneTable.Group, after frontier: Frontier) -> BackfillChunk {
        if let chunk, chunk.rest(for: group.lanes, at: group.place) != nil { return chunk }
        let lanes = Set(group.lanes)
        let senders = Set(subscription.sources.map(\.sender))
        let made = log.state.withLock { state in
            let rows = state.tables.living(in: senders).filter { $0.number > Self.number(in: frontier) }
            return BackfillChunk(
                lanes: lanes, start: frontier, base: group.place.lo.snapshot, snapshot: state.snapshot,
                rows: rows.map { row in
                    BackfillChunk.Row(
                        record: Record(
                            backfilled: -Int64(row.number), at: MemoryLog.now, sender: row.sender, partition: nil,
                            keyHash: MemoryLog.hash(row.sender, row.key), lanes: laneCount, key: row.key,
                            instance: row.content.description, reader: "memory"),
                        frontier: Frontier(parts: ["\(row.number)"]))
                }, end: nil)
        }
        chunk = made
        return made
    }

    /// The last row that has been told.
    private static func number(in frontier: Frontier) -> Int { frontier.parts.first.flatMap { Int($0) } ?? 0 }
}
