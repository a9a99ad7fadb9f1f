/// How a transaction is opened.
public struct TransactionMode: Sendable, Hashable {
    /// What the transaction sees of others.
    public enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    /// Default: the server's (`default_transaction_isolation`).
    public var isolation: Isolation?
    /// Default: `false`.
    public var isReadOnly: Bool

    public init(isolation: Isolation? = nil, isReadOnly: Bool = false) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
    }

    /// The statement that opens it.
    public var begin: SQL {
        var text = "BEGIN"
        if let isolation { text += " ISOLATION LEVEL \(isolation.rawValue)" }
        if isReadOnly { text += " READ ONLY" }
        return SQL(unsafe: text)
    }
}
