import Foundation
package import HeliographLog
package import HeliographPostgres
package import Logging
import Synchronization

/// A signal log in memory: records, subscriptions and what their receivers have asked of the database, for tests without one.
///
/// The workers' own loop runs over it. What it does not have is a server: the statements of receivers are kept, not run.
package final class MemoryLog: WorkerLog {
    /// A statement of a receiver whose transaction has been committed.
    package struct Effect: Sendable {
        /// With `$1`, `$2`, … for the values.
        package let statement: String
        package let values: [JSONValue]
    }

    /// What stands in for the server: how many rows a statement affects, or its error.
    package typealias Answer = @Sendable (SQL) throws -> Int

    /// What befalls a store when it is asked for something.
    package enum Fault: Sendable {
        case none
        /// It is lost before anything has happened.
        case before
        /// It is lost when it has happened, and before anybody hears of it.
        case after
    }

    struct Entry {
        let transaction: UInt64
        let record: Record
    }

    struct State {
        var entries: [Entry] = []
        var tables = MemoryTables()
        var nextTransaction: UInt64 = 2
        /// Transactions that have not ended.
        var open: Set<UInt64> = []
        /// Snapshots that places refer to, with their numbers.
        var ticks: [(id: Int64, at: Date, snapshot: Snapshot)] = []
        var nextDelivery: Int64 = 1
        var nextStore = 1
        /// Stores that are open.
        var stores: Set<Int> = []
        var subscriptions: [String: MemorySubscription] = [:]
        var effects: [String: [Effect]] = [:]
        var waiters: [BellWaiter] = []

        var snapshot: Snapshot {
            let xmin = open.min() ?? nextTransaction
            return Snapshot("\(xmin):\(nextTransaction):\(open.sorted().map(String.init).joined(separator: ","))")
        }

        mutating func tick(_ snapshot: Snapshot) -> Int64 {
            let id = Int64(ticks.count + 1)
            ticks.append((id, .now, snapshot))
            return id
        }
    }

    let state = Mutex(State())
    let answer: Answer
    let fault: @Sendable () -> Fault
    let logger: Logger

    /// - Parameter fault: is asked each time that a store is.
    package init(
        answer: @escaping Answer = { _ in 1 }, fault: @escaping @Sendable () -> Fault = { .none }, logger: Logger
    ) {
        self.answer = answer
        self.fault = fault
        self.logger = logger
    }

    // MARK: Writing

    /// Commits changes, in one transaction.
    /// - Throws: ``MemoryLogError`` when a row is there already, or is not there: then nothing has happened.
    package func write(_ changes: [MemoryChange], context: String? = nil) throws {
        try state.withLock { state in
            var tables = state.tables
            let transaction = state.nextTransaction
            var entries: [Entry] = []
            for change in changes {
                let (instance, previous) = try tables.apply(change)
                let id = Int64(state.entries.count + entries.count + 1)
                let record = Record(
                    id: id, transaction: "\(transaction)", at: Self.now, sender: change.sender,
                    operation: change.operation, keyHash: Self.hash(change.sender, change.key?.description ?? ""),
                    key: change.key?.description, previousKey: nil, instance: instance?.description,
                    previous: previous.map { JSONValue.object($0).description }, changed: previous?.map(\.name),
                    context: context, writer: "memory")
                entries.append(Entry(transaction: transaction, record: record))
            }
            state.tables = tables
            state.nextTransaction += 1
            state.entries += entries
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
