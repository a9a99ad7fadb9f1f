import CLibPQ

/// libpq's calls for rows in portions and for COPY.
extension Link {
    /// Has the rows of the statement that was just sent come in portions, and not all in one result.
    func streamRows(perChunk count: Int) {
        if let chunked = LibPQ.setChunkedRowsMode {
            _ = chunked(raw, Int32(clamping: max(1, count)))
        } else {
            _ = PQsetSingleRowMode(raw)
        }
    }

    enum CopyData {
        case piece([UInt8])
        case notYet
        case end
    }

    /// What has arrived of a COPY's data.
    func takeCopyData() throws(PostgresError) -> CopyData {
        var data: UnsafeMutablePointer<CChar>?
        let length = PQgetCopyData(raw, &data, 1)
        defer { PQfreemem(data) }
        switch length {
        case 1...:
            return .piece([UInt8](UnsafeRawBufferPointer(start: data, count: Int(length))))
        case 0: return .notYet
        case -1: return .end
        default: throw lost()
        }
    }

    /// Throws away what has arrived of a COPY's data.
    /// - Returns: whether that was the end of it.
    func discardCopyData() throws(PostgresError) -> Bool {
        while true {
            switch try takeCopyData() {
            case .piece: continue
            case .notYet: return false
            case .end: return true
            }
        }
    }

    /// - Returns: whether libpq has taken the bytes; `false` if it has no room for them yet.
    func putCopyData(_ bytes: ArraySlice<UInt8>) throws(PostgresError) -> Bool {
        let taken = bytes.withUnsafeBytes {
            PQputCopyData(raw, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: $0.count))
        }
        if taken < 0 { throw failure() }
        return taken == 1
    }

    /// Ends a COPY's data.
    /// - Parameter complaint: with which the server is to fail it; `nil` for success.
    func endCopy(_ complaint: String?) throws(PostgresError) {
        if PQputCopyEnd(raw, complaint) < 0 { throw lost() }
    }
}
