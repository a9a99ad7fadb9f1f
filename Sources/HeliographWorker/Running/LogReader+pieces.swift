import HeliographLog
import HeliographPostgres

extension LogReader {
    /// Goes on in a window, by pieces: so not many more of large records are in memory than there are to be.
    /// - Parameters:
    ///   - id: the last record that was read of it.
    ///   - prepare: what is done with each record, while the next piece is read.
    func readPieces(
        from lo: Snapshot, to hi: Snapshot, after id: Int64, _ filter: RecordFilter, and condition: SQL = "true",
        limit: Int, preparing prepare: Subscription.Prepare? = nil, on connection: Connection
    ) async throws -> Window {
        var window = try await read(
            from: lo, to: hi, after: id, filter, and: condition, limit: min(limit, RecordSize.piece), on: connection)
        var records: [Record] = []
        var bytes = 0
        func take() {
            for var record in window.records {
                prepare?(&record)
                records.append(record)
            }
        }
        while !window.isComplete, let last = window.records.last {
            bytes += RecordSize.bytes(of: window.records)
            let left = limit - records.count - window.records.count
            guard left > 0, bytes < RecordSize.budget else { break }
            async let next = read(
                from: lo, to: hi, after: last.id, filter, and: condition, limit: min(left, RecordSize.piece),
                on: connection)
            take()
            window = try await next
        }
        take()
        return Window(
            hi: window.hi, records: records, isComplete: window.isComplete, server: window.server,
            newestID: window.newestID)
    }
}
