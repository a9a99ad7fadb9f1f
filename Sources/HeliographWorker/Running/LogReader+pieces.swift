import HeliographLog
import HeliographPostgres

extension LogReader {
    /// So many records are read before one looks how large they are.
    static let piece = 1_000

    /// Goes on in a window, by pieces: so not many more of large records are in memory than there are to be.
    /// - Parameters:
    ///   - id: the last record that was read of it.
    ///   - prepare: what is done with each record, while the next piece is read.
    func readPieces(
        from lo: Snapshot, to hi: Snapshot, after id: Int64, _ filter: RecordFilter, and condition: SQL = "true",
        limit: Int, preparing prepare: Subscription.Prepare? = nil, on connection: Connection
    ) async throws -> Window {
        var window = try await read(
            from: lo, to: hi, after: id, filter, and: condition, limit: min(limit, Self.piece), on: connection)
        var prepared: [Record] = []
        var bytes = 0
        func takeOver() {
            bytes += RecordSize.bytes(of: window.records)
            prepared.reserveCapacity(prepared.count + window.records.count)
            for var record in window.records {
                prepare?(&record)
                prepared.append(record)
            }
        }
        while !window.isComplete, let last = window.records.last,
            prepared.count + window.records.count < limit,
            bytes + RecordSize.bytes(of: window.records) < RecordSize.budget
        {
            let left = min(limit - prepared.count - window.records.count, Self.piece)
            async let next = read(
                from: lo, to: hi, after: last.id, filter, and: condition, limit: left, on: connection)
            takeOver()
            window = try await next
        }
        takeOver()
        return Window(
            hi: window.hi, records: prepared, isComplete: window.isComplete, server: window.server,
            newestID: window.newestID)
    }
}
