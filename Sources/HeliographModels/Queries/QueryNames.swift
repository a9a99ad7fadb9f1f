import Synchronization

/// Names within a query's statement.
enum QueryNames {
    /// The query's own table.
    static let root = "t0"

    private static let scopes = Atomic<Int>(0)

    /// A number for a query, by which its fields are known.
    static func nextScope() -> Int { scopes.add(1, ordering: .relaxed).newValue }
}
