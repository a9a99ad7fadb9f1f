import Synchronization

/// Records whose receivers have not returned in time. The session was closed over it, and the next one must know: it counts the try,
/// without running the receiver again at once.
///
/// Of many that were run together it cannot be said which one was late, or whether they were just too many: then the next batches are
/// smaller, until it is alone.
final class Hangs: Sendable {
    private struct State {
        var records: Set<Int64> = []
        var limit = Int.max
    }
    private let state = Mutex(State())

    /// So many records may be run together.
    var limit: Int { state.withLock(\.limit) }

    func note(_ hung: [Int64], of count: Int) {
        state.withLock { state in
            if count == 1 { state.records.formUnion(hung) } else { state.limit = max(1, min(state.limit, count) / 2) }
        }
    }

    /// A batch has returned in time.
    func relax() {
        state.withLock { state in
            if state.limit < Int.max { state.limit = state.limit > 1 << 20 ? .max : state.limit * 2 }
        }
    }

    /// How many of these can be run together: those before the first that has hung, or that one alone. `nil` for all.
    func cut(_ records: some Collection<Int64>) -> Int? {
        let hung = state.withLock(\.records)
        guard !hung.isEmpty, let first = records.firstIndex(where: hung.contains) else { return nil }
        return max(1, records.distance(from: records.startIndex, to: first))
    }

    /// - Returns: whether it was among them.
    func take(_ record: Int64) -> Bool { state.withLock { $0.records.remove(record) != nil } }
}
