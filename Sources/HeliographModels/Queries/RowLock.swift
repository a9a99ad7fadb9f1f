/// How a query locks the rows that it returns, until the transaction ends.
struct RowLock: Sendable {
    /// `UPDATE`, `NO KEY UPDATE` or `SHARE`.
    var strength: String
    /// `SKIP LOCKED` or `NOWAIT`; empty to wait.
    var patience: String

    var text: String { " FOR \(strength) OF \(QueryNames.root)\(patience.isEmpty ? "" : " \(patience)")" }
}
