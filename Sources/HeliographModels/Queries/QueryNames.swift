/// Names within a query's statement.
enum QueryNames {
    /// The query's own table.
    static let root = "t0"
}
