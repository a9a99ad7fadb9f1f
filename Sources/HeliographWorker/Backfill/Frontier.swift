/// How far a lane's backfill has come: rows with keys up to here have been told as they were in the place's `lo`, and their records
/// since are; of keys behind it nothing is.
struct Frontier: Sendable, Equatable {
    /// As a position keeps it: nothing before the first table; the sender alone before its first row; then the names of the key's
    /// columns, with commas between, and the key's values.
    let parts: [String]

    /// Before the first row of the first table.
    static let beginning = Frontier(parts: [])

    static func before(_ sender: String) -> Frontier { Frontier(parts: [sender]) }

    /// The table it stands in; `nil` before the first.
    var sender: String? { parts.first }
    /// Whether a row of that table has been told.
    var isInside: Bool { parts.count > 1 }
}
