/// How many records fit into a batch's time, by how long the last ones took.
struct Pace {
    /// To begin with, before anything is known.
    private static let first = 100
    private var secondsPerRecord: Double?

    /// - Parameter budget: of a batch.
    func limit(within budget: Duration) -> Int {
        guard budget > .zero else { return 1 }
        guard let secondsPerRecord, secondsPerRecord > 0 else { return Self.first }
        return Int(clamping: Int64(min(1e9, max(1, budget.seconds / secondsPerRecord))))
    }

    mutating func note(_ count: Int, took duration: Duration) {
        guard count > 0 else { return }
        let latest = duration.seconds / Double(count)
        // A slow one counts at once, a quick one bit by bit.
        secondsPerRecord = secondsPerRecord.map { max(latest, ($0 * 3 + latest) / 4) } ?? latest
    }
}
