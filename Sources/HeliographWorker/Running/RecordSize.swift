import HeliographLog

/// How many records may be read at once, by how large the last ones were: so that large rows do not fill the memory.
struct RecordSize {
    /// So many bytes of text at once.
    static let budget = 16 << 20
    /// So many records are read before one looks how large they are.
    static let piece = 1_000
    private var bytes: Double?

    /// - Parameter most: at most so many.
    func limit(_ most: Int) -> Int {
        guard let bytes else { return min(most, Self.piece) }
        return max(1, min(most, Int(Double(Self.budget) / max(1, bytes))))
    }

    mutating func note(_ records: [Record]) {
        guard !records.isEmpty else { return }
        let latest = Double(Self.bytes(of: records)) / Double(records.count)
        // Large ones count at once, small ones bit by bit.
        bytes = bytes.map { max(latest, ($0 * 3 + latest) / 4) } ?? latest
    }

    /// Of the texts that may be large.
    static func bytes(of records: [Record]) -> Int { records.reduce(0) { $0 + $1.size } }
}
