import HeliographLog
import HeliographModels
import HeliographPostgres
import Logging
import ServiceLifecycle

/// What a session does all day: holds its share of the lanes, reads their windows, acts, sleeps until the bell rings.
final class LaneLoop {
    private let subscription: Subscription
    private let store: any LaneStore
    private let keeper: SessionKeeper
    private let reader: any LaneReader
    private let configuration: WorkerConfiguration
    private let waiter: BellWaiter
    private let logger: Logger
    private let processor: BatchProcessor
    private let metrics: WorkerMetrics
    private let pulse: SubscriptionPulse
    /// Whether it ends when the log is drained.
    private let isDraining: Bool
    /// Whether all lanes are held here, or others work on the rest.
    private var hasShare = false
    private let worker: String
    private var table = LaneTable()
    /// How often the session is to be heard of.
    private let pingInterval: Duration
    /// Where the last pass over the lanes was broken off.
    private var firstLane = 0
    private var batchLimit: Int
    private var recordSize = RecordSize()
    /// Records that are done with. They are let go of while others are worked on: it takes a while.
    private var spent: [Record] = []
    private var transientFailures = 0
    private var isOutageShown = false
    private var newestID: Int64 = 0
    private var flushedID: Int64 = 0
    /// Whether places have moved though the log is quiet.
    private var hasBackfilled = false
    /// The places in the database are to pass all transactions before this one, also when the log is quiet: those that were there when it
    /// moved last. (Not all there are: each place that is written is a transaction.)
    private var owedXmin: UInt64 = 0
    private var owedID: Int64 = 0
    private var nextBalance = ContinuousClock.now
    /// Earlier, if lanes are wanted; what is being read is not broken off for it.
    private var nextLook = ContinuousClock.now
    private var sharing = SharingInterval()
    private var nextFlush = ContinuousClock.now

    init(
        subscription: Subscription, store: any LaneStore, reader: any LaneReader, configuration: WorkerConfiguration,
        signals: ModelSignals, waiter: BellWaiter, logger: Logger, hangs: Hangs, exclusivity: Exclusivity,
        counts: OutcomeCounts, pulse: SubscriptionPulse, worker: String, isDraining: Bool
    ) {
        self.isDraining = isDraining
        self.pulse = pulse
        self.worker = worker
        self.subscription = subscription
        self.store = store
        self.reader = reader
        pingInterval = configuration.silenceLimit / 3
        keeper = SessionKeeper(store, every: pingInterval, pulse: pulse)
        self.configuration = configuration
        self.waiter = waiter
        self.logger = logger
        self.batchLimit = subscription.readingLimit(configuration.batchSize)
        metrics = WorkerMetrics(subscription: subscription.name)
        processor = BatchProcessor(
            subscription: subscription, store: store, keeper: keeper, configuration: configuration,
            signals: signals, logger: logger, hangs: hangs, exclusivity: exclusivity, counts: counts, pulse: pulse,
            tracing: ReceiverTracing(subscription.name, configuration.tracer), worker: worker
        )
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }
    private var isDueElsewhere: Bool { isStopping || ContinuousClock.now >= nextBalance }
    /// What has been read is to be done with all the same, if that takes no longer: or it, and what has been read ahead, is read again.
    private var isOverdue: Bool { isStopping || ContinuousClock.now >= nextBalance + Self.patience }
    private static let patience = Duration.milliseconds(250)

    /// Returns at shutdown, with all places written and the lanes given up; or when another declaration of the subscription has
    /// come into force.
    /// - Returns: `false` in the latter case.
    func run() async throws -> Bool {
        let keeper = keeper
        async let _: Void = keeper.run()
        do {
            let isDone = try await work()
            await reader.dropAhead()
            return isDone
        } catch {
            await reader.dropAhead()
            throw error
        }
    }

    private func work() async throws -> Bool {
        try await store.join()
        while !isStopping {
            if ContinuousClock.now >= nextLook, try await !balance() { return false }
            let isBusy = try await pass()
            try await flushInTime()
            pulse.comeRound(isOutage: table.breaker.isOpen)
            if isDraining, table.breaker.isOpen { throw WorkerError.outage(subscription.name, table.breaker.lastError) }
            if isDraining, !isBusy, hasShare, table.isDrained { break }
            if !isBusy {
                spent = []
                metrics.isBehind(nil)
                await sleep()
            }
        }
        metrics.holds(0)
        try await flush(table.held)
        try await release(table.held)
        return true
    }

    private func release(_ lanes: [Int]) async throws {
        try await store.dropClaims(of: lanes, worker: worker)
        try await store.unlock(lanes)
    }

    private func sleep() async {
        let wake = min(nextLook, table.nextRetry ?? nextLook)
        await waiter.wait(upTo: max(.milliseconds(1), wake - .now))
    }

    // MARK: Lanes

    /// Takes or gives up lanes, so that all workers of the subscription hold about the same number.
    /// - Returns: `false` if another declaration of the subscription is in force.
    private func balance() async throws -> Bool {
        let interval = sharing.next(
            upTo: min(configuration.pollInterval, pingInterval) * Double.random(in: 0.4...0.6))
        let lanes = store.registration.laneCount
        let membership = try await store.membership()
        guard membership.isCurrent else { return false }
        let target = LaneShare.target(lanes: lanes, members: membership.count)
        let held = table.held
        if held.count > target {
            let surplus = Array(held.suffix(held.count - target))
            try await flush(surplus)
            for lane in surplus { table.release(lane) }
            try await release(surplus)
        } else if held.count < target {
            // From a random lane on, so that workers that start together do not all try the same ones first.
            let start = Int.random(in: 0..<lanes)
            let candidates = (0..<lanes).map { ($0 + start) % lanes }.filter { table.lanes[$0] == nil }
            let locked = try await store.lock(candidates, limit: target - held.count)
            if !locked.isEmpty {
                // In this order: what changes in between makes the next commit fail.
                try await store.readPositions(of: locked, into: &table)
                try await store.readParked(of: locked, into: &table)
                let inherited = try await store.takeClaims(of: locked, worker: worker)
                table.putOnProbation(inherited, for: subscription.batchSize(configuration.batchSize), at: .now)
                if !inherited.isEmpty {
                    logger.warning(
                        "the last holder of lanes has not given them up: few records at a time for a while",
                        metadata: ["lanes": "\(inherited.count)"])
                }
            }
        }
        // Nobody serves the others before a dead one's session has ended, or somebody has given up a surplus.
        let isShort = table.held.count < LaneShare.minimum(lanes: lanes, members: membership.count)
        hasShare = !isShort
        // From now on, since all of this may have taken longer than that: the lanes are to be read in between.
        nextBalance = .now + interval
        nextLook = isShort ? min(nextBalance, .now + interval / 10) : nextBalance
        metrics.holds(table.held.count)
        if table.held != held {
            logger.debug("lanes shared out", metadata: ["lanes.held": "\(table.held.count)", "lanes.all": "\(lanes)"])
        }
        return true
    }

    /// Writes the places that have moved only in memory, now and then while the log moves; and more rarely after that, until all
    /// transactions that were open then are behind them: what a place has not passed is kept from being dropped.
    private func flushInTime() async throws {
        let hasMoved = newestID > flushedID || hasBackfilled
        // Lanes that were taken over when the log was quiet are behind, too.
        let isBehind = table.writtenXmin.map { $0 < owedXmin } ?? false
        guard ContinuousClock.now >= nextFlush, hasMoved || isBehind, table.isDirty else { return }
        nextFlush = .now + configuration.flushInterval * (hasMoved ? 1 : 12)
        try await flush(table.held)
        flushedID = newestID
        hasBackfilled = false
    }

    private func flush(_ lanes: [Int]) async throws {
        for (place, lanes) in table.dirtyGroups(among: lanes) {
            table.flush(lanes, at: try await store.move(lanes, of: table, to: place))
        }
    }

    // MARK: Reading

    /// Reads each group of lanes once, or for its turn, and acts on what it finds.
    /// - Returns: whether there was anything.
    private func pass() async throws -> Bool {
        if table.breaker.isOpen, let probe = table.breaker.nextProbe, probe > .now { return false }
        var isBusy = table.breaker.isOpen ? false : try await retryParked()
        // One end for all windows opened in a pass: so the lanes come to stand at the same place and are read together.
        var hi: Snapshot?
        let groups = groupsInTurn()
        reader.keepChunks(for: groups)
        for group in groups {
            if isDueElsewhere {
                firstLane = group.lanes.first ?? 0
                return true
            }
            let turn = ContinuousClock.now + configuration.batchTime / 2
            var next: LaneTable.Group? = group
            while let group = next {
                let reading = try await read(group, hi: hi)
                if group.place.hi == nil, group.place.frontier == nil { hi = hi ?? reading.window?.hi }
                if reading.isMore { isBusy = true }
                if reading.records.isEmpty {
                    table.skip(group.lanes, to: reading.course.end)
                    for lane in group.lanes { table.update(lane) { $0.forgive() } }
                    try await endProbation(of: group)
                    break
                }
                isBusy = true
                // Of several each has its turn, for as long as a window keeps it busy: what is read ahead would be in the next one's way.
                let goesOn = groups.count == 1 || .now < turn
                try await receive(reading, for: group, readsAhead: goesOn)
                if table.breaker.isOpen { return false }
                let hasTime = goesOn && groups.count > 1 && !isStopping && .now < nextLook
                next = hasTime ? table.openGroup(of: group.lanes, at: .now) : nil
            }
        }
        guard table.breaker.isOpen else { return isBusy }
        // The log has nothing to try: a parked record is, or an outage would outlast its end until somebody writes.
        if try await !retryParked() { table.breaker.foundNothing() }
        return !table.breaker.isOpen
    }

    private func receive(_ reading: LaneReading, for group: LaneTable.Group, readsAhead: Bool) async throws {
        metrics.isBehind(reading.records.first)
        let start = ContinuousClock.now
        if readsAhead, !table.breaker.isOpen {
            let begin = BellWaiter(by: processor.timekeeper)
            store.whenNextBegins { begin.ring() }
            reader.readAhead(group, reading, limit: recordSize.limit(batchLimit), lettingGoOf: spent, after: begin)
        }
        spent = reading.records
        let batch = BatchProcessor.Batch(group: group, records: reading.records, course: reading.course)
        await settle(try await processor.process(batch, in: &table, while: { !isOverdue }))
        metrics.took(.now - start)
        try await endProbation(of: group)
        try await showOutage()
    }

    /// When a window is done, so is what the lanes' last holder can have read; but not what it can have had of a chunk.
    private func endProbation(of group: LaneTable.Group) async throws {
        guard group.probationSize != nil else { return }
        let passed = group.lanes.filter { lane in
            table.lanes[lane].map { $0.probation == nil || $0.place.hi == nil && $0.place.frontier == nil } ?? false
        }
        guard !passed.isEmpty else { return }
        table.endProbation(passed)
        try await store.clearSuspicion(of: passed, worker: worker)
    }

    private func showOutage() async throws {
        guard table.breaker.isOpen != isOutageShown else { return }
        isOutageShown.toggle()
        try await store.showOutage(isOutageShown)
    }

    /// Tries parked records whose time has come; when everything fails, one.
    /// - Returns: whether there were any.
    private func retryParked() async throws -> Bool {
        let due = table.dueKeys(at: .now)
        for key in due {
            if isDueElsewhere { break }
            let limit = table.breaker.isOpen ? 1 : recordSize.limit(batchLimit)
            await settle(try await RetryProcessor(processor: processor).retry(key, limit: limit, in: &table))
            try await showOutage()
            if table.breaker.isOpen { break }
        }
        return !due.isEmpty
    }

    /// Smaller batches and a pause after an error that no record is to blame for.
    private func settle(_ error: (any Error)?) async {
        guard let error else {
            transientFailures = 0
            batchLimit = min(subscription.readingLimit(configuration.batchSize), batchLimit * 2)
            return
        }
        transientFailures += 1
        batchLimit = max(1, batchLimit / 2)
        logger.info("the batch is done again", metadata: ["error": "\(error)", "batch.limit": "\(batchLimit)"])
        await pause(for: Backoff().delay(afterAttempt: transientFailures))
    }

    /// Those first whose turn had come when the last pass was broken off: or busy ones would have it all.
    private func groupsInTurn() -> [LaneTable.Group] {
        let groups = table.groups(at: .now)
        let start = groups.firstIndex { $0.lanes.contains(firstLane) } ?? 0
        firstLane = 0
        return Array(groups[start...] + groups[..<start])
    }

    private func read(_ group: LaneTable.Group, hi: Snapshot?) async throws -> LaneReading {
        let isSingle = group.isSuspect || table.breaker.isOpen
        // A window of a long time takes its time.
        let reading = try await keeper.during(.reading) {
            try await reader.read(
                group, hi: hi, limit: isSingle ? 1 : recordSize.limit(batchLimit), takesAhead: !isSingle)
        }
        recordSize.note(reading.records)
        if let window = reading.window {
            if store.server != window.server {
                throw Doubt(error: PostgresError(.connectionLost, "the server has been restarted, or is another one"))
            }
            // Only of a window that ends now: others, and those of a backfill's chunk, were opened before.
            if hi == nil, group.place.hi == nil, group.place.frontier == nil, window.newestID > owedID {
                (owedID, owedXmin) = (window.newestID, window.hi.xmax)
            }
            newestID = max(newestID, window.newestID)
        } else {
            hasBackfilled = true
        }
        return reading
    }
}
