import HeliographLog
import HeliographPostgres

extension LogReader {
    /// So many records are read before one looks how large they are.
    static let piece = 1_000

    /// Goes on in a window, by pieces: so not many more of large records are in memory than there are to be.
    /// - Parameter id: the last record that was read of it.
    func readPieces(
        from lo: Snapshot, to hi: Snapshot, after id: Int64, _ filter: RecordFilter, and condition: SQL = "true",
        limit: Int, on connection: Connection
    ) async throws -> Window {
        var window = try await read(
            from: lo, to: hi, after: id, filter, and: condition, limit: min(limit, Self.piece), on: connection)
        while !window.isComplete, let last = window.records.last, window.records.count < limit,
            RecordSize.bytes(of: window.records) < RecordSize.budget
        {
            let next = try await read(
                from: lo, to: hi, after: last.id, filter, and: condition,
                limit: min(limit - window.records.count, Self.piece), on: connection)
            window = window.continued(by: next)
        }
        return window
    }
}
