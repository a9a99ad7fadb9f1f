public import HeliographPostgres
public import Logging

/// Follows the log from a moment on: every committed record once, window by window.
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
    }

    /// What the follower hears.
    public enum Event: Sendable {
        /// A committed record.
        case record(Record)
        /// All that was committed at this moment has been told.
        case caughtUp
        /// The server crashed, restarted or failed over: the newest records before it may not have been told, or been taken back.
        /// Reload what was derived from the log; the follower goes on with what commits from now on.
        case reset
    }

    private let pool: ConnectionPool
    private let reader: LogReader
    private let bell: Bell
    private let filter: RecordFilter
    private let batchSize: Int
    private let pollInterval: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - batchSize: how many records are in memory at once. Default: 500.
    ///   - pollInterval: how long to sleep at most when no bell rings. Default: 1 s.
    public init(
        pool: ConnectionPool, bell: Bell, schema: SchemaName = .standard, filter: RecordFilter = .init(),
        batchSize: Int = 500, pollInterval: Duration = .seconds(1), logger: Logger
    ) {
        self.pool = pool
        self.bell = bell
        self.reader = LogReader(schema: schema)
        self.filter = filter
        self.batchSize = batchSize
        self.pollInterval = pollInterval
        self.logger = logger
    }

    /// Tells the records to `handle`, one after the other, until the task is cancelled or `handle` returns `false`.
    ///
    /// A lost connection is made again. `bell.run()` must run meanwhile, else only polling wakes the follower.
    /// - Throws: what `handle` throws; ``LogError``; ``PostgresError`` when the very first connection cannot be made.
    public func follow(from start: Start, _ handle: (Event) async throws -> Bool) async throws {
        let waiter = bell.makeWaiter()
        var place = try await begin(at: start)
        var failures = 0
        while !Task.isCancelled {
            let window: Window
            do {
                window = try await read(place)
                failures = 0
            } catch let error as PostgresError where error.isTransient {
                failures += 1
                logger.info("reading the log failed, trying again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: Backoff().delay(afterAttempt: failures))
                continue
            }
            if let server = place.server, server != window.server {
                guard try await handle(.reset) else { return }
                place = try await begin(at: .now)
                continue
            }
            for record in window.records where record.id >= place.minimumID {
                guard try await handle(.record(record)) else { return }
            }
            place.advance(over: window)
            if window.isComplete {
                guard try await handle(.caughtUp) else { return }
                await waiter.wait(upTo: pollInterval * Double.random(in: 0.8...1.2))
            }
        }
    }

    private struct Place {
        var lo: Snapshot
        var hi: Snapshot?
        var lastID: Int64 = 0
        /// Smaller ones are not wanted.
        var minimumID: Int64 = 0
        var server: String?

        mutating func advance(over window: Window) {
            server = window.server
            if window.isComplete {
                lo = window.hi
                hi = nil
                lastID = 0
            } else {
                hi = window.hi
                lastID = window.records.last?.id ?? lastID
            }
        }
    }

    private func begin(at start: Start) async throws -> Place {
        switch start {
        case .beginning: return Place(lo: .beginning)
        case .id(let id): return Place(lo: .beginning, minimumID: id)
        case .now:
            let (snapshot, server) = try await pool.withConnection { connection in
                try await reader.noteIncarnation(on: connection)
                return try await reader.takeSnapshot(on: connection)
            }
            return Place(lo: snapshot, server: server)
        }
    }

    private func read(_ place: Place) async throws -> Window {
        try await pool.withConnection { connection in
            if let hi = place.hi {
                return try await reader.read(
                    from: place.lo, to: hi, after: place.lastID, filter, limit: batchSize, on: connection
                )
            }
            if place.lo == .beginning, place.minimumID > 0 {
                let (hi, _) = try await reader.takeSnapshot(on: connection)
                return try await reader.read(
                    from: place.lo, to: hi, after: place.minimumID - 1, filter, limit: batchSize, on: connection
                )
            }
            return try await reader.read(from: place.lo, filter, limit: batchSize, on: connection)
        }
    }
}
