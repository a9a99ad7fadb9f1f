import HeliographLog
import HeliographPostgres
import HeliographWorker
import Synchronization

/// The table that is written to, and its truth: what was committed to each row, in order.
final class Shop: Sendable {
    static let table = "public.t"

    private struct Row {
        var version = 0
        var isThere = false
        /// A transaction that has not ended holds its lock.
        var isLocked = false
        var history: [String] = []
    }

    private let log: MemoryLog
    private let rows: Mutex<[Row]>

    init(_ log: MemoryLog, rows: Int) {
        self.log = log
        self.rows = Mutex(Array(repeating: Row(), count: rows))
    }

    /// What was committed to each row.
    var history: [[String]] { rows.withLock { $0.map(\.history) } }
    var livingCount: Int { rows.withLock { $0.count(where: \.isThere) } }

    /// A transaction, which takes its time and may be rolled back.
    func change() async throws {
        let numbers = rows.withLock { rows in
            var chosen: [Int] = []
            for _ in 0..<Int.random(in: 1...4) {
                guard let free = rows.indices.filter({ !rows[$0].isLocked }).randomElement() else { break }
                rows[free].isLocked = true
                chosen.append(free)
            }
            return chosen
        }
        defer { rows.withLock { rows in for number in numbers { rows[number].isLocked = false } } }
        let writing = log.begin(numbers.count)
        if Chance.one(in: 3) { try await Task.sleep(for: Chance.time(upTo: .milliseconds(300))) }
        if Chance.one(in: 40) { try await Task.sleep(for: Chance.time(upTo: .seconds(20))) }
        if Chance.one(in: 10) { return log.rollBack(writing) }
        try rows.withLock { rows in
            var changes: [MemoryChange] = []
            for number in numbers {
                let operation: AttachOptions.Operation =
                    !rows[number].isThere ? .insert : Chance.one(in: 6) ? .delete : .update
                if operation != .delete { rows[number].version += 1 }
                rows[number].isThere = operation != .delete
                let row = Self.row(number, rows[number].version)
                rows[number].history.append("\(operation.rawValue) \(row)")
                let key = JSONValue.object([.init(name: "id", value: .number("\(number)"))])
                changes.append(MemoryChange(sender: Self.table, operation: operation, key: key, row: row))
            }
            try log.write(changes, in: writing)
        }
    }

    private static func row(_ number: Int, _ version: Int) -> JSONValue {
        .object([
            .init(name: "id", value: .number("\(number)")), .init(name: "v", value: .number("\(version)")),
        ])
    }

    /// What a record says, as the history has it.
    static func words(_ record: Record) -> String { "\(record.operation.rawValue) \(record.instance ?? "")" }
}
