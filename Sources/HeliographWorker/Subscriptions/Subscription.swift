public import HeliographLog
public import HeliographModels
import HeliographPostgres

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
        /// With the rows that the tables hold then, each as a created one that says it is backfilled, and with what commits from then
        /// on: neither gap nor double. Resumable; the tables are in use meanwhile.
        case backfill
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
    /// So many calls at the same time, of a receiver that acts on the outside world.
    public let concurrency: Int
    let receiver: Receiver
    /// What can be done with a record before its receiver has it, while the records before are worked on.
    let prepare: Prepare?
    /// What is wrong with the declaration that shows when it is made.
    let defect: String?

    /// A record to which so many receivers' writes have led, one after the other, is a dead letter at once: a loop.
    public static let maximumCausalDepth = 16

    typealias Prepare = @Sendable (inout Record) -> Void
    typealias Receive = @Sendable (Record, Transaction) async throws -> Void
    typealias ReceiveBatch = @Sendable ([Record], Transaction) async throws -> Void
    typealias Call = @Sendable (Record, ExternalCall) async throws -> Void
    typealias CallBatch = @Sendable ([Record], ExternalCall) async throws -> Void

    /// How records are received.
    enum Receiver: Sendable {
        /// In the transaction that moves the position.
        case transactional(Transactional)
        /// Outside of any.
        case external(External)
    }

    enum Transactional: Sendable {
        case each(Receive)
        case batch(ReceiveBatch)
    }

    enum External: Sendable {
        case each(Call)
        case batch(CallBatch)
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
            receiver: .transactional(.each(receive)))
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
            receiver: .transactional(.batch(receive)))
    }

    /// A receiver that acts on the outside world, of records as they stand in the log: see ``ExternalCall``.
    /// - Parameter concurrency: so many calls at the same time in this process, of different rows. Default: 8.
    public init(
        _ name: String, externalOn sources: [RecordFilter.Source], revision: Int = 1, lanes: Int = 32,
        start: Start = .now, retry: RetryPolicy = .init(), timeout: Duration = .seconds(20), concurrency: Int = 8,
        receive: @escaping @Sendable (Record, ExternalCall) async throws -> Void
    ) {
        self.init(
            name, sources: sources, revision: revision, lanes: lanes, start: start, retry: retry, timeout: timeout,
            concurrency: concurrency, receiver: .external(.each(receive)))
    }

    /// A receiver of many records at once that acts on the outside world. When it fails the batch is halved and called for again, until
    /// the record to blame is alone.
    /// - Parameter concurrency: so many batches at the same time in this process, of different rows. Default: 1.
    public init(
        _ name: String, externalBatchesOf sources: [RecordFilter.Source], revision: Int = 1, lanes: Int = 32,
        start: Start = .now, retry: RetryPolicy = .init(), timeout: Duration = .seconds(20), concurrency: Int = 1,
        receive: @escaping @Sendable ([Record], ExternalCall) async throws -> Void
    ) {
        self.init(
            name, sources: sources, revision: revision, lanes: lanes, start: start, retry: retry, timeout: timeout,
            concurrency: concurrency, receiver: .external(.batch(receive)))
    }

    init(
        _ name: String, sources: [RecordFilter.Source], revision: Int, lanes: Int, start: Start, retry: RetryPolicy,
        timeout: Duration, concurrency: Int = 1, defect: String? = nil, prepare: Prepare? = nil, receiver: Receiver
    ) {
        self.name = name
        self.sources = sources.sorted { $0.sender < $1.sender }
        self.revision = revision
        self.laneCount = lanes
        self.start = start
        self.retry = retry
        self.timeout = timeout
        self.concurrency = concurrency
        self.defect = defect
        self.prepare = prepare
        self.receiver = receiver
    }

    /// So many records are at most worked on together.
    /// - Parameter wanted: what the worker is configured for; `nil` for what suits the receiver.
    func batchSize(_ wanted: Int?) -> Int {
        // What a transaction costs itself is shared by as many, where one statement takes all of them.
        if case .transactional(.batch) = receiver { wanted ?? 4_000 } else { wanted ?? 1_000 }
    }

    /// So many records are read at once, if they are not large.
    func readingLimit(_ wanted: Int?) -> Int {
        if case .external(.batch) = receiver { batchSize(wanted) * concurrency } else { batchSize(wanted) }
    }

    /// What the database keeps of the declaration, to notice when two programs mean different things by one name.
    var declaration: String {
        let sources = self.sources.map { source in
            let operations = source.operations.map { JSONValue.quoted($0.rawValue) }.joined(separator: ",")
            let changing = source.changing.map(JSONValue.quoted).joined(separator: ",")
            return "{\"sender\":\(JSONValue.quoted(source.sender)),\"operations\":[\(operations)]"
                + (changing.isEmpty ? "" : ",\"changing\":[\(changing)]") + "}"
        }
        return "{\"sources\":[\(sources.joined(separator: ","))]}"
    }
}
