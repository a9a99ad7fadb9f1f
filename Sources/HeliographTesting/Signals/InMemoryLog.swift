public import Heliograph
import HeliographWorker
public import Logging

/// A signal log in memory, for tests of receivers without a database.
///
/// The workers' own loop runs over it: order, tries, dead letters, batches, filters and backfill are those of a database. There are no
/// tables: what receivers ask of their transaction is kept and can be looked at, and no statement returns a row. What a receiver reads
/// from the database belongs into a test with one, see `withTestDatabase` and `Worker.drain()`.
///
/// ```swift
/// let log = InMemoryLog()
/// try log.commit(.created(User(id: 1, username: "ada", email: "ada@example.org")))
/// try await log.drain([createProfile])
/// #expect(log.effects(of: "create-profile").map(\.statement) == ["INSERT INTO profiles (user_id) VALUES ($1)"])
/// ```
public final class InMemoryLog: Sendable {
    /// A statement of a receiver whose transaction has been committed.
    public struct Effect: Sendable, Equatable {
        /// With `$1`, `$2`, … for the values.
        public let statement: String
        /// In words, much as PostgreSQL's `to_json` has them; `null` of types that only a server can put into words.
        public let values: [JSONValue]
    }

    /// A record that a subscription has parked.
    public struct Parked: Sendable {
        /// Its number among the parked ones.
        public let id: Int64
        public let record: Record
        /// Whether it is tried no more.
        public let isDead: Bool
        /// Of each try that failed, in order.
        public let errors: [String]
    }

    private let log: MemoryLog
    private let logger: Logger

    /// - Parameters:
    ///   - answer: stands in for the server: gets each statement's text, and returns how many rows it affects or throws what the server would.
    ///     Default: 1 row for each.
    ///   - logger: the worker's. Default: nobody is told.
    public init(
        answer: @escaping @Sendable (String) throws -> Int = { _ in 1 },
        logger: Logger = Logger(label: "heliograph.testing", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.logger = logger
        log = MemoryLog(answer: { try answer($0.text) }, logger: logger)
    }

    // MARK: Writing

    /// Commits changes, in one transaction and in this order.
    /// - Parameter context: what the transaction says about itself, see `Record.context`.
    /// - Throws: an error that says so when a row is there already, or is not there: then nothing has happened.
    public func commit(_ changes: Change..., context: String? = nil) throws { try commit(changes, context: context) }

    /// Commits changes, in one transaction and in this order.
    public func commit(_ changes: [Change], context: String? = nil) throws {
        try log.write(changes.map(\.change), context: context)
    }

    // MARK: Receiving

    /// Has subscriptions receive what has been committed, and returns when they have.
    /// - Parameter configuration: the worker's.
    /// - Throws: as `Worker.drain()`.
    @discardableResult
    public func drain(
        _ subscriptions: [Subscription], configuration: WorkerConfiguration = .init(), signals: ModelSignals = .init()
    ) async throws -> DrainReport {
        try await worker(subscriptions, configuration: configuration, signals: signals).drain()
    }

    /// A worker that goes on until its shutdown.
    public func worker(
        _ subscriptions: [Subscription], configuration: WorkerConfiguration = .init(), signals: ModelSignals = .init()
    ) -> Worker {
        Worker(subscriptions, memory: log, configuration: configuration, signals: signals, logger: logger)
    }

    // MARK: Looking

    /// The records, in order.
    public var records: [Record] { log.records }

    /// What a subscription's receivers have had committed, in this order.
    public func effects(of subscription: String) -> [Effect] {
        log.effects(of: subscription).map { Effect(statement: $0.statement, values: $0.values) }
    }

    /// The records that a subscription has parked, dead letters among them.
    public func parked(of subscription: String) -> [Parked] {
        log.parked(of: subscription).map { Parked(id: $0.id, record: $0.record, isDead: $0.isDead, errors: $0.errors) }
    }

    // MARK: What people do

    /// Has parked records tried at once, dead ones with all their tries anew.
    public func retry(_ ids: [Int64], of subscription: String) { log.retry(ids, of: subscription) }

    /// Gives parked records up: they will not be received.
    public func discard(_ ids: [Int64], of subscription: String) { log.discard(ids, of: subscription) }

    /// Pauses a subscription, or has it go on.
    public func setPaused(_ isPaused: Bool, _ subscription: String) { log.setPaused(isPaused, subscription) }

    /// Has a subscription read again from the last place before a record.
    /// - Parameter record: its number; `nil` for the beginning.
    /// - Throws: an error that says so if there is no such record.
    public func rewind(_ subscription: String, to record: Int64? = nil) throws {
        try log.rewind(subscription, to: record)
    }
}
