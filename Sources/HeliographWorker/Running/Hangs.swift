import Synchronization

/// Records whose receivers have not returned in time. The session was closed over it, and the next one must know: it counts the try,
/// without running the receiver again at once.
final class Hangs: Sendable {
    private let records = Mutex<Set<Int64>>([])

    func note(_ hung: some Sequence<Int64>) { records.withLock { $0.formUnion(hung) } }

    func contains(_ record: Int64) -> Bool { records.withLock { $0.contains(record) } }

    /// - Returns: whether it was among them.
    func take(_ record: Int64) -> Bool { records.withLock { $0.remove(record) != nil } }
}
