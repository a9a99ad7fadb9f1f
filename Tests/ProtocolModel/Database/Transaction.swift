/// An open transaction.
struct Transaction {
    /// 0 until it writes something.
    var xid = 0
    var operations: [Operation] = []
    /// Names, and how many operations there were.
    var savepoints: [(name: Int, count: Int)] = []
    /// Only a rollback ends it.
    var isFailed = false
    /// Positions that it has inserted, for whoever wants to insert the same.
    var inserted: [(lane: Int, version: Int)] = []

    /// - Returns: whether there is such a savepoint.
    mutating func rollBack(to name: Int) -> Bool {
        guard let index = savepoints.lastIndex(where: { $0.name == name }) else {
            isFailed = true
            return false
        }
        operations.removeSubrange(savepoints[index].count...)
        savepoints.removeSubrange((index + 1)...)
        return true
    }

    /// How many versions of a row it has written.
    func versions(of key: Int) -> Int {
        var count = 0
        for case .record(let record) in operations where record.key == key { count += 1 }
        return count
    }

    /// Whether a row exists for this transaction.
    func exists(_ key: Int, before: Bool) -> Bool {
        var exists = before
        for case .row(key, let row) in operations { exists = row.exists }
        return exists
    }
}
