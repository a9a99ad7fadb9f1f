import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import ServiceLifecycle

/// What a session does all day: holds its share of the lanes, reads their windows, acts, sleeps until the bell rings.
final class LaneLoop {
    private let subscription: Subscription
    private let session: LaneSession
    /// Reads the log, so that long reads do not stand in the way of the session that holds the locks.
    private let reading: Connection
    private let reader: LogReader
    private let configuration: WorkerConfiguration
    private let waiter: BellWaiter
    private let logger: Logger
    private let processor: BatchProcessor
    private var table = LaneTable()
    private var housekeeping: Housekeeping
    /// The server's start; another one means that all snapshots in memory are void.
    private var server: String?
    private var batchLimit: Int
    private var transientFailures = 0
    private var newestID: Int64 = 0
    private var flushedID: Int64 = 0
    private var nextBalance = ContinuousClock.now
    private var nextFlush = ContinuousClock.now

    init(
        subscription: Subscription, session: LaneSession, reading: Connection, configuration: WorkerConfiguration,
        signals: ModelSignals, waiter: BellWaiter, logger: Logger
    ) {
        self.subscription = subscription
        self.session = session
        self.reading = reading
        self.reader = LogReader(schema: configuration.schema)
        self.configuration = configuration
        self.waiter = waiter
        self.logger = logger
        self.batchLimit = configuration.batchSize
        housekeeping = Housekeeping(schema: configuration.schema)
        processor = BatchProcessor(
            subscription: subscription, session: session, configuration: configuration, signals: signals, logger: logger
        )
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// Returns at shutdown, with all places written and the lanes given up.
    func run() async throws {
        try await session.join()
        while !isStopping {
            if ContinuousClock.now >= nextBalance { try await balance() }
            let isBusy = try await pass()
            try await flushInTime()
            try await housekeeping.run(on: reading)
            if !isBusy { await sleep() }
        }
        try await flush(table.held)
        try await session.unlock(table.held)
    }

    private func sleep() async {
        let wake = min(nextBalance, table.nextRetry ?? nextBalance)
        await waiter.wait(upTo: max(.milliseconds(1), wake - .now))
    }

    // MARK: Lanes

    /// Takes or gives up lanes, so that all workers of the subscription hold about the same number.
    private func balance() async throws {
        nextBalance = .now + configuration.pollInterval * Double.random(in: 0.8...1.2)
        let lanes = session.registration.laneCount
        let target = LaneShare.target(lanes: lanes, members: try await session.memberCount())
        let held = table.held
        if held.count > target {
            let surplus = Array(held.suffix(held.count - target))
            try await flush(surplus)
            for lane in surplus { table.release(lane) }
            try await session.unlock(surplus)
        } else if held.count < target {
            // From a random lane on, so that workers that start together do not all try the same ones first.
            let start = Int.random(in: 0..<lanes)
            let candidates = (0..<lanes).map { ($0 + start) % lanes }.filter { table.lanes[$0] == nil }
            let locked = try await session.lock(candidates, limit: target - held.count)
            if !locked.isEmpty { try await session.readPositions(of: locked, into: &table) }
        }
        if table.held != held {
            logger.debug("lanes shared out", metadata: ["lanes.held": "\(table.held.count)", "lanes.all": "\(lanes)"])
        }
    }

    /// Writes the places that have moved only in memory, now and then while the log moves.
    private func flushInTime() async throws {
        guard ContinuousClock.now >= nextFlush, newestID > flushedID, table.isDirty else { return }
        nextFlush = .now + configuration.flushInterval
        try await flush(table.held)
        flushedID = newestID
    }

    private func flush(_ lanes: [Int]) async throws {
        for (place, lanes) in table.dirtyGroups(among: lanes) {
            let named = try await session.begin(place, origin: nil)
            do {
                try await session.commit(lanes, of: table, at: named)
            } catch let error as BatchRefused {
                throw Doubt(error: error.error)
            }
            table.flush(lanes, at: named)
        }
    }

    // MARK: Reading

    /// Reads each group of lanes once and acts on what it finds.
    /// - Returns: whether there was anything.
    private func pass() async throws -> Bool {
        var isBusy = false
        // One end for all windows opened in a pass: so the lanes come to stand at the same place and are read together.
        var hi: Snapshot?
        for group in table.groups(at: .now) {
            if isStopping { break }
            let window = try await read(group, hi: hi)
            if group.place.hi == nil { hi = hi ?? window.hi }
            let end = Cursor(snapshot: window.hi, tick: group.place.hi?.tick)
            // The end of one that was begun before is long past: there may be more behind it, whose bell has rung already.
            if group.place.hi != nil { isBusy = true }
            if window.records.isEmpty {
                table.skip(group.lanes, to: LanePlace(lo: end, hi: nil, lastID: 0))
                continue
            }
            isBusy = true
            let batch = BatchProcessor.Batch(group: group, window: window, end: end)
            switch try await processor.process(batch, in: &table) {
            case nil:
                transientFailures = 0
                batchLimit = min(configuration.batchSize, batchLimit * 2)
            case let error?:
                transientFailures += 1
                batchLimit = max(1, batchLimit / 2)
                logger.info("the batch is done again", metadata: ["error": "\(error)", "batch.limit": "\(batchLimit)"])
                try await Task.sleep(for: Backoff().delay(afterAttempt: transientFailures))
            }
        }
        return isBusy
    }

    private func read(_ group: LaneTable.Group, hi: Snapshot?) async throws -> Window {
        let filter = RecordFilter(
            sources: subscription.sources, laneCount: session.registration.laneCount, lanes: group.lanes
        )
        let limit = group.isSuspect ? 1 : batchLimit
        let lo = group.place.lo.snapshot
        let window =
            if let end = group.place.hi {
                try await reader.read(
                    from: lo, to: end.snapshot, after: group.place.lastID, filter, limit: limit, on: reading
                )
            } else {
                try await reader.read(from: lo, to: hi, filter, limit: limit, on: reading)
            }
        if let server, server != window.server {
            throw Doubt(error: PostgresError(.connectionLost, "the server has been restarted"))
        }
        server = window.server
        newestID = max(newestID, window.newestID)
        return window
    }
}
