import HeliographLog
import HeliographWorker
import Synchronization

/// The outside world, to which receivers without a transaction turn. It heeds the fencing number: what is older than the newest it has
/// heard of a row is only taken for what it has had before.
final class Outside: Sendable {
    private struct Row {
        var newest: Int64 = 0
        var seen: Set<Int64> = []
        var said: [String] = []
    }

    private let rows = Mutex<[String: Row]>([:])
    private let refused = Mutex<[String]>([])

    func tell(_ record: Record, _ call: ExternalCall) {
        let key = record.key ?? ""
        let isNew = rows.withLock { rows in
            if rows[key, default: Row()].seen.contains(call.fencingToken) { return true }
            guard call.fencingToken > rows[key, default: Row()].newest else { return false }
            rows[key, default: Row()].newest = call.fencingToken
            rows[key, default: Row()].seen.insert(call.fencingToken)
            rows[key, default: Row()].said.append(Shop.words(record))
            return true
        }
        if !isNew { refused.withLock { $0.append(Shop.words(record)) } }
    }

    /// What was told of each row, by its key.
    var said: [String: [String]] { rows.withLock { $0.mapValues(\.said) } }
    /// What came after something newer.
    var tooLate: [String] { refused.withLock(\.self) }
}
