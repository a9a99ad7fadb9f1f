import HeliographLog
import HeliographPostgres
import Synchronization

/// Reads a log in memory as ``WindowReader`` reads that of a database.
final class MemoryReader: LaneReader {
    private let client: MemoryClient
    private let subscription: Subscription
    private let laneCount: Int
    /// Of a backfill, until it has been told.
    private var chunk: BackfillChunk?

    init(_ client: MemoryClient, _ subscription: Subscription, laneCount: Int) {
        self.client = client
        self.subscription = subscription
        self.laneCount = laneCount
    }

    func readAhead(
        _ group: LaneTable.Group, _ reading: LaneReading, limit: Int, lettingGoOf spent: [Record],
        after start: BellWaiter
    ) {}
    func dropAhead() {}

    func keepChunks(for groups: [LaneTable.Group]) {
        guard let known = chunk else { return }
        let isWanted = groups.contains { group in
            group.place.hi?.snapshot == known.snapshot || known.rest(for: group.lanes, at: group.place) != nil
        }
        if !isWanted { chunk = nil }
    }

    func read(_ group: LaneTable.Group, hi: Snapshot?, limit: Int, takesAhead: Bool) async throws -> LaneReading {
        guard let frontier = group.place.frontier, group.place.hi == nil else {
            return LaneReading(try await window(group, to: group.place.hi?.snapshot ?? hi, limit: limit), for: group)
        }
        let chunk = try await makeChunk(for: group, after: frontier)
        guard group.place.lo.snapshot == chunk.snapshot, let rest = chunk.rest(for: group.lanes, at: group.place) else {
            return LaneReading(try await window(group, to: chunk.snapshot, limit: limit), for: group)
        }
        return LaneReading(rest, of: chunk, for: group, limit: limit)
    }

    private func window(_ group: LaneTable.Group, to end: Snapshot?, limit: Int) async throws -> Window {
        let (log, laneCount, sources, place) = (client.log, laneCount, subscription.sources, group.place)
        let lanes = Set(group.lanes)
        let told = place.frontier.map { Self.number(in: $0) }
        return try await client.ask {
            log.state.withLock { state in
                let hi = end ?? state.snapshot
                let (isIn, isBefore) = (Visibility(hi), Visibility(place.lo.snapshot))
                let tables = state.tables
                let records = state.entries.lazy.filter { entry in
                    guard entry.record.id > place.lastID || place.hi == nil, isIn.sees(entry.transaction),
                        !isBefore.sees(entry.transaction)
                    else { return false }
                    // Of a lane that is being backfilled, only of rows that have been told.
                    guard let told else { return true }
                    return tables.number(of: entry.record.key, in: entry.record.sender).map { $0 <= told } ?? true
                }
                .map { $0.record.dealt(among: laneCount) }
                .filter { record in lanes.contains(record.lane) && sources.contains { $0.wants(record) } }
                .prefix(limit)
                return Window(
                    hi: hi, records: Array(records), isComplete: records.count < limit, server: MemoryStore.server,
                    newestID: state.numbers.nextID - 1)
            }
        }
    }

    private func makeChunk(for group: LaneTable.Group, after frontier: Frontier) async throws -> BackfillChunk {
        if let chunk, chunk.rest(for: group.lanes, at: group.place) != nil { return chunk }
        let (log, laneCount, base) = (client.log, laneCount, group.place.lo.snapshot)
        let lanes = Set(group.lanes)
        let senders = Set(subscription.sources.map(\.sender))
        let made = try await client.ask {
            log.state.withLock { state in
                let rows = state.tables.living(in: senders).filter { $0.number > Self.number(in: frontier) }
                return BackfillChunk(
                    lanes: lanes, start: frontier, base: base, snapshot: state.snapshot,
                    rows: rows.map { row in
                        BackfillChunk.Row(
                            record: Record(
                                backfilled: -Int64(row.number), at: MemoryLog.now, sender: row.sender, partition: nil,
                                keyHash: MemoryLog.hash(row.sender, row.key), lanes: laneCount, key: row.key,
                                instance: row.content.description, reader: "memory"),
                            frontier: Frontier(parts: ["\(row.number)"]))
                    }, end: nil)
            }
        }
        chunk = made
        return made
    }

    /// The last row that has been told.
    private static func number(in frontier: Frontier) -> Int { frontier.parts.first.flatMap { Int($0) } ?? 0 }
}
