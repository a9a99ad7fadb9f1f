/// Workers have ended in the middle of a record, again and again.
struct KilledWorkers: Error, CustomStringConvertible {
    let count: Int

    /// So many in a row, of the record alone: then no other is risked. One before them had it among others.
    static let limit = 4

    var description: String { "the worker died \(count + 1) times when it received this record" }
}
