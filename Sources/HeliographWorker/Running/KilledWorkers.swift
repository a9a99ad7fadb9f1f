/// Workers have ended in the middle of a record, again and again.
struct KilledWorkers: Error, CustomStringConvertible {
    /// Of the record alone.
    let count: Int

    /// So many: then no other is risked. One before them had it among many, and one among some.
    static let limit = 3

    var description: String { "the worker died \(count + 2) times when it received this record" }
}
