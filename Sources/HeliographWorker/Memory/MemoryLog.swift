import Foundation
package import HeliographLog
package import HeliographPostgres
package import Logging
import Synchronization

/// A signal log in memory: records, subscriptions and what their receivers have asked of the database, for tests without one.
///
/// The workers' own loop runs over it. What it does not have is a server: the statements of receivers are kept, not run.
package final class MemoryLog: Sendable {
    /// A statement of a receiver whose transaction has been committed.
    package struct Effect: Sendable {
        /// With `$1`, `$2`, … for the values.
        package let statement: String
        package let values: [JSONValue]
    }

    /// What stands in for the server: how many rows a statement affects, or its error.
    package typealias Answer = @Sendable (SQL) throws -> Int

    struct Entry {
        let transaction: UInt64
        let record: Record
    }

    /// Where transactions and records have their numbers from.
    struct Numbers {
        var nextTransaction: UInt64 = 2
        var nextID: Int64 = 1

        mutating func draw(_ count: Int) -> Writing {
            defer {
                nextTransaction += 1
                nextID += Int64(count)
            }
            return Writing(transaction: nextTransaction, ids: Array(nextID..<nextID + Int64(count)))
        }
    }

    struct State {
        /// By their numbers, which are not in the order of the commits.
        var entries: [Entry] = []
        var numbers = Numbers()
        var tables = MemoryTables()
        /// Transactions that have not ended.
        var open: Set<UInt64> = []
        /// Snapshots that places refer to, with their numbers.
        var ticks: [(id: Int64, at: Date, snapshot: Snapshot)] = []
        var nextDelivery: Int64 = 1
        var nextStore = 1
        /// The subscriptions of stores that are open.
        var stores: [Int: String] = [:]
        var subscriptions: [String: MemorySubscription] = [:]
        var effects: [String: [Effect]] = [:]
        var waiters: [BellWaiter] = []

        var snapshot: Snapshot {
            let xmin = open.min() ?? numbers.nextTransaction
            return Snapshot(
                "\(xmin):\(numbers.nextTransaction):\(open.sorted().map(String.init).joined(separator: ","))")
        }

        mutating func tick(_ snapshot: Snapshot) -> Int64 {
            let id = Int64(ticks.count + 1)
            ticks.append((id, .now, snapshot))
            return id
        }
    }

    let state = Mutex(State())
    let answer: Answer
    let logger: Logger

    package init(answer: @escaping Answer = { _ in 1 }, logger: Logger) {
        self.answer = answer
        self.logger = logger
    }

    // MARK: Writing

    /// A transaction that will commit later than it has drawn its numbers, or never.
    package struct Writing: Sendable {
        fileprivate let transaction: UInt64
        fileprivate let ids: [Int64]
    }

    /// - Parameter count: of the changes it will make.
    package func begin(_ count: Int) -> Writing {
        state.withLock { state in
            let writing = state.numbers.draw(count)
            state.open.insert(writing.transaction)
            return writing
        }
    }

    package func rollBack(_ writing: Writing) {
        _ = state.withLock { $0.open.remove(writing.transaction) }
    }

    /// Commits changes, in one transaction.
    /// - Parameter writing: one that has begun, with as many changes.
    /// - Throws: ``MemoryLogError`` when a row is there already, or is not there: then nothing has happened, and a transaction that had begun
    ///   is still to be rolled back.
    package func write(_ changes: [MemoryChange], context: String? = nil, in writing: Writing? = nil) throws {
        try state.withLock { state in
            var tables = state.tables
            var numbers = state.numbers
            let writing = writing ?? numbers.draw(changes.count)
            let transaction = writing.transaction
            var entries: [Entry] = []
            for (change, id) in zip(changes, writing.ids) {
                let (instance, previous) = try tables.apply(change)
                let record = Record(
                    id: id, transaction: "\(transaction)", at: Self.now, sender: change.sender,
                    operation: change.operation, keyHash: Self.hash(change.sender, change.key?.description ?? ""),
                    key: change.key?.description, previousKey: nil, instance: instance?.description,
                    previous: previous.map { JSONValue.object($0).description }, changed: previous?.map(\.name),
                    context: context, writer: "memory")
                entries.append(Entry(transaction: transaction, record: record))
            }
            state.tables = tables
            state.numbers = numbers
            state.open.remove(transaction)
            let isInOrder = (state.entries.last?.record.id ?? 0) < (entries.first?.record.id ?? 0)
            state.entries += entries
            if !isInOrder { state.entries.sort { $0.record.id < $1.record.id } }
        }
        ring()
    }

    static var now: String {
        let time = Date.now.timeIntervalSince1970
        let microseconds = Int64((time - time.rounded(.down)) * 1_000_000)
        return Date(timeIntervalSince1970: time).formatted(.iso8601).dropLast()
            + ".\(String(microseconds + 1_000_000).dropFirst())Z"
    }

    /// FNV-1a (Fowler, Noll, Vo), 32 bits.
    static func hash(_ sender: String, _ key: String) -> Int32 {
        var hash: UInt32 = 2_166_136_261
        for byte in "\(sender)/\(key)".utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int32(bitPattern: hash)
    }

    // MARK: Reading

    /// The records, by their numbers.
    package var records: [Record] { state.withLock { $0.entries.map(\.record) } }

    /// What the receivers of a subscription have had committed, in this order.
    package func effects(of subscription: String) -> [Effect] { state.withLock { $0.effects[subscription] ?? [] } }

    // MARK: Waking

    func makeWaiter() -> BellWaiter {
        let waiter = BellWaiter()
        state.withLock { $0.waiters.append(waiter) }
        return waiter
    }

    func ring() { for waiter in state.withLock(\.waiters) { waiter.ring() } }
}
