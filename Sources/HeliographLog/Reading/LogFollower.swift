public import HeliographPostgres
public import Logging

/// Follows the log from a moment on: every committed record once, window by window.
///
/// ```swift
/// for try await event in follower.events(from: .now) {
///     if case .record(let record, _) = event { print(record.json) }
/// }
/// ```
///
/// It keeps its place in memory only; for a place that survives the process see the worker's subscriptions.
public struct LogFollower: Sendable {
    /// Where to begin.
    public enum Start: Sendable, Hashable {
        /// With all records that are still there.
        case beginning
        /// With what commits from now on.
        case now
        /// With this record.
        case id(Int64)
        /// Where an earlier follower was.
        case place(LogPlace)
    }

    /// What the follower tells.
    public enum Event: Sendable {
        /// A committed record, and the place behind it.
        case record(Record, LogPlace)
        /// All that was committed at this moment has been told. Comes again after each look at the log.
        case caughtUp
        /// The server crashed, restarted or failed over: the newest records before it may not have been told, or been taken back.
        /// Reload what was derived from the log; the follower goes on with what commits from now on.
        case reset
    }

    let pool: ConnectionPool
    let reader: LogReader
    let bell: Bell
    var filter: RecordFilter
    let batchSize: Int
    let pollInterval: Duration
    let logger: Logger

    /// - Parameters:
    ///   - bell: wakes the follower; while it does not run, only polling does.
    ///   - batchSize: how many records are in memory at once. Default: 500.
    ///   - pollInterval: how long to sleep at most when no bell rings. Default: 1 s.
    public init(
        pool: ConnectionPool, bell: Bell, schema: SchemaName = .standard, filter: RecordFilter = .init(),
        batchSize: Int = 500, pollInterval: Duration = .seconds(1), logger: Logger
    ) {
        self.pool = pool
        self.reader = LogReader(schema: schema)
        self.bell = bell
        self.filter = filter
        self.batchSize = batchSize
        self.pollInterval = pollInterval
        self.logger = logger
    }

    /// The records and what else there is to tell, until the task is cancelled or its service group shuts down.
    ///
    /// The next records are read when those before have been taken: whoever is slow reads later, and holds nothing in memory. A
    /// lost connection is made again. Iterating throws ``LogError``, or ``PostgresError`` when the first read fails.
    public func events(from start: Start) -> LogEvents { LogEvents(follower: self, start: start) }
}
