public import HeliographLog
public import HeliographModels
import HeliographPostgres
import HeliographSignals

/// A durable receiver: in some worker process, it acts on each committed change of its senders.
///
/// **The receiver's body may run more than once for a change; what it does through its transaction happens exactly once.** So do
/// everything by `tx` (or in `tx.afterCommit`), and nothing else: no call to the outside, no other connection. The record is
/// history, the receiver sees the present: the row may be gone or changed when it runs.
///
/// ```swift
/// let createProfile = Subscription("create-profile", on: User.self, .created) { event, tx in
///     try await tx.execute("""
///         INSERT INTO profiles (user_id) SELECT id FROM users WHERE id = \(event.instance.id)
///         ON CONFLICT DO NOTHING
///         """)
/// }
/// ```
public struct Subscription: Sendable {
    /// What happened to a row.
    public typealias Change = SignalChange

    /// Which records it begins with when it is registered for the first time.
    public enum Start: String, Sendable, Hashable {
        /// With what commits from then on, transactions that are open at that moment included.
        case now
        /// With everything the log still holds.
        case beginning
    }

    /// Its name, the same in all versions of the program: the place in the log is kept under it.
    public let name: String
    /// What it hears.
    public let sources: [RecordFilter.Source]
    /// The declaration's number. Raise it with each change of the declaration; a worker with a lower one stands by.
    public let revision: Int
    /// How many lanes its rows are dealt out to. Fixed when it is registered for the first time.
    public let laneCount: Int
    public let start: Start
    /// What becomes of records whose receiver fails.
    public let retry: RetryPolicy
    /// So long a receiver may take for one record, or for one batch.
    public let timeout: Duration
    let receiver: Receiver

    typealias Receive = @Sendable (Record, Transaction) async throws -> Void
    typealias ReceiveBatch = @Sendable ([Record], Transaction) async throws -> Void

    /// How records are received.
    enum Receiver: Sendable {
        case each(Receive)
        case batch(ReceiveBatch)
    }

    /// A receiver of records as they stand in the log.
    /// - Parameters:
    ///   - sources: senders and operations.
    ///   - revision: default: 1.
    ///   - lanes: default: 32; at most 1,024.
    ///   - start: default: `now`.
    ///   - retry: default: 20 tries, in order per row.
    ///   - timeout: after so long a receiver is given up; its session is closed. Default: 20 s.
    public init(
        _ name: String, sources: [RecordFilter.Source], revision: Int = 1, lanes: Int = 32, start: Start = .now,
        retry: RetryPolicy = .init(), timeout: Duration = .seconds(20),
        receive: @escaping @Sendable (Record, Transaction) async throws -> Void
    ) {
        self.init(
            name, sources: sources, revision: revision, lanes: lanes, start: start, retry: retry, timeout: timeout,
            receiver: .each(receive))
    }

    /// A receiver of many records at once, for work by sets: `INSERT … SELECT … FROM unnest(…)`. When it fails the batch is halved, until
    /// the record to blame is alone.
    public init(
        _ name: String, batchesOf sources: [RecordFilter.Source], revision: Int = 1, lanes: Int = 32,
        start: Start = .now, retry: RetryPolicy = .init(), timeout: Duration = .seconds(20),
        receive: @escaping @Sendable ([Record], Transaction) async throws -> Void
    ) {
        self.init(
            name, sources: sources, revision: revision, lanes: lanes, start: start, retry: retry, timeout: timeout,
            receiver: .batch(receive))
    }

    private init(
        _ name: String, sources: [RecordFilter.Source], revision: Int, lanes: Int, start: Start, retry: RetryPolicy,
        timeout: Duration, receiver: Receiver
    ) {
        self.name = name
        self.sources = sources.sorted { $0.sender < $1.sender }
        self.revision = revision
        self.laneCount = lanes
        self.start = start
        self.retry = retry
        self.timeout = timeout
        self.receiver = receiver
    }

    /// A receiver of a model's changes.
    /// - Parameters:
    ///   - changes: which; default: all but `truncated`.
    public init<M: Model>(
        _ name: String, on model: M.Type, _ changes: Change..., revision: Int = 1, lanes: Int = 32,
        start: Start = .now, retry: RetryPolicy = .init(), timeout: Duration = .seconds(20),
        receive: @escaping @Sendable (Event<M>, Transaction) async throws -> Void
    ) {
        self.init(
            name, sources: [Self.source(model, changes)], revision: revision, lanes: lanes, start: start, retry: retry,
            timeout: timeout,
            receiver: .each { record, transaction in try await receive(try Event(record), transaction) })
    }

    /// A receiver of many changes of a model at once, in the order of the log.
    ///
    /// ```swift
    /// Subscription("create-profile", batchesOf: User.self, .created) { events, tx in
    ///     try await tx.execute("""
    ///         INSERT INTO profiles (user_id) SELECT id FROM users WHERE id = ANY (\(events.map(\.instance.id)))
    ///         ON CONFLICT DO NOTHING
    ///         """)
    /// }
    /// ```
    public init<M: Model>(
        _ name: String, batchesOf model: M.Type, _ changes: Change..., revision: Int = 1, lanes: Int = 32,
        start: Start = .now, retry: RetryPolicy = .init(), timeout: Duration = .seconds(20),
        receive: @escaping @Sendable ([Event<M>], Transaction) async throws -> Void
    ) {
        self.init(
            name, sources: [Self.source(model, changes)], revision: revision, lanes: lanes, start: start, retry: retry,
            timeout: timeout,
            receiver: .batch { records, transaction in try await receive(try records.map(Event.init), transaction) })
    }

    private static func source<M: Model>(_ model: M.Type, _ changes: [Change]) -> RecordFilter.Source {
        let wanted = changes.isEmpty ? [.created, .updated, .deleted] : changes
        return RecordFilter.Source(sender: M.mapping.sender.name, operations: wanted.map(\.operation))
    }

    /// What the database keeps of the declaration, to notice when two programs mean different things by one name.
    var declaration: String {
        let sources = self.sources.map { source in
            let operations = source.operations.map { JSONValue.quoted($0.rawValue) }.joined(separator: ",")
            return "{\"sender\":\(JSONValue.quoted(source.sender)),\"operations\":[\(operations)]}"
        }
        return "{\"sources\":[\(sources.joined(separator: ","))]}"
    }

    /// - Throws: ``WorkerError`` when the declaration cannot be meant.
    func validate() throws(WorkerError) {
        guard !name.isEmpty, name.utf8.count <= 100 else {
            throw WorkerError(.badDeclaration, "a subscription's name needs 1 to 100 bytes: \"\(name)\"")
        }
        guard (1...1024).contains(laneCount) else {
            throw WorkerError(.badDeclaration, "subscription \(name): \(laneCount) lanes, 1 to 1024 are possible")
        }
        guard revision >= 1 else {
            throw WorkerError(.badDeclaration, "subscription \(name): revision \(revision), they are counted from 1")
        }
        guard retry.maximumAttempts >= 1, retry.maximumParkedPerKey >= 1 else {
            throw WorkerError(
                .badDeclaration, "subscription \(name): at least one try, and one parked record of a row, are needed")
        }
        guard !sources.isEmpty, sources.allSatisfy({ !$0.operations.isEmpty }) else {
            throw WorkerError(.badDeclaration, "subscription \(name) names no sender, or no operation of one")
        }
    }
}
