public import Logging
public import ServiceLifecycle
import Synchronization

/// Connections that are opened on demand, lent one user at a time, and kept for the next.
///
/// ```swift
/// let pool = ConnectionPool(.init(.fromEnvironment()), logger: logger)
/// let count = try await pool.withConnection { try await $0.query("SELECT count(*) FROM users") }
/// ```
///
/// It works as soon as it is made; run it as a service to have idle connections closed, and all of them at shutdown.
public final class ConnectionPool: Service, Sendable {
    private typealias Hand = PoolState<Connection>.Hand
    private struct Guarded {
        var state: PoolState<Connection>
        var continuations: [Int: CheckedContinuation<Hand, any Error>] = [:]
        var nextWaiter = 0
    }

    /// What the pool was made with.
    public let configuration: Configuration
    private let logger: Logger
    private let metrics = PoolMetrics()
    private let guarded: Mutex<Guarded>

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        guarded = Mutex(Guarded(state: PoolState(maximum: configuration.maximum)))
    }

    /// Lends a connection for the time of `body`.
    ///
    /// A connection that comes back in a transaction, or broken, is closed and never lent again. What else a user has done to the
    /// session stays, unless ``Configuration/resetsSessions`` is set.
    /// - Throws: `poolTimeout`, `connectionFailed`, or what `body` throws.
    public func withConnection<R>(_ body: (Connection) async throws -> R) async throws -> R {
        let connection = try await lease()
        do {
            let result = try await body(connection)
            await giveBack(connection)
            return result
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Runs `body` in a transaction of a lent connection: see ``Connection/transaction(_:_:)``.
    @discardableResult
    public func transaction<R>(
        _ mode: TransactionMode = .init(), _ body: (Connection) async throws -> R
    ) async throws -> R {
        try await withConnection { try await $0.transaction(mode, body) }
    }

    /// Runs one statement on a lent connection.
    @discardableResult
    public func query(_ sql: SQL, file: String = #fileID, line: UInt = #line) async throws -> Rows {
        try await withConnection { try await $0.query(sql, file: file, line: line) }
    }

    /// Runs several statements in one round trip on a lent connection: see ``Connection/pipeline(_:file:line:)``.
    @discardableResult
    public func pipeline(_ statements: [SQL], file: String = #fileID, line: UInt = #line) async throws -> [Rows] {
        try await withConnection { try await $0.pipeline(statements, file: file, line: line) }
    }

    /// Keeps the minimum of connections open, closes idle and old ones in time, and all of them when the service group shuts
    /// down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.tidy()
                try? await Task.sleep(
                    for: max(.milliseconds(100), min(.seconds(10), self.configuration.idleTimeout / 4)))
            }
        }
        await shutDown()
    }

    private func tidy() async {
        let limit = ContinuousClock.now - configuration.idleTimeout
        let closing = guarded.withLock { guarded in
            guarded.state.remove { isTooOld($0) }
                + guarded.state.reap(idleSince: limit, minimum: configuration.minimum)
        }
        for connection in closing { await connection.close() }
        while !Task.isCancelled, guarded.withLock({ $0.state.reserve(below: configuration.minimum) }) {
            do {
                await giveBack(try await open())
            } catch {
                // Whoever needs one is told; here there is time.
                logger.debug("no connection for the pool's minimum", metadata: ["error": "\(error)"])
                break
            }
        }
        record()
    }

    private func isTooOld(_ connection: Connection) -> Bool {
        ContinuousClock.now - connection.openedAt > connection.lifetime(upTo: configuration.maximumLifetime)
    }

    private func record() {
        let counts = counts
        metrics.record(open: counts.open, idle: counts.idle, waiting: counts.waiting)
    }

    /// Refuses new users and closes each connection as soon as it is free.
    public func shutDown() async {
        let (idle, refused) = guarded.withLock { guarded in
            let (idle, waiters) = guarded.state.shutDown()
            return (idle, waiters.compactMap { guarded.continuations.removeValue(forKey: $0) })
        }
        for continuation in refused { continuation.resume(throwing: Self.shutDownError) }
        for connection in idle { await connection.close() }
    }

    /// How many connections are open, unused, and awaited.
    public var counts: (open: Int, idle: Int, waiting: Int) {
        guarded.withLock { ($0.state.openCount, $0.state.idleCount, $0.state.waitingCount) }
    }

    private static var shutDownError: PostgresError {
        PostgresError(.invalidUse, "the connection pool has been shut down")
    }

    private func lease() async throws -> Connection {
        while true {
            try Task.checkCancellation()
            // One whose answers arrive on this thread anyway.
            let here = SharedReactor.here
            let isNear = here.map { here in { @Sendable (connection: Connection) in connection.reactorNumber == here } }
            switch guarded.withLock({ $0.state.lease(preferring: isNear) }) {
            case .use(let connection, let since):
                if await isSound(connection, idleSince: since) { return connection }
                await discard(connection)
            case .open: return try await open()
            case .refuse: throw Self.shutDownError
            case .wait:
                switch try await waitForHand() {
                case .connection(let connection): return connection
                case .open: return try await open()
                }
            }
        }
    }

    /// Whether the session is there; one that has been idle for long is asked, since a network may have forgotten it. Of one that has
    /// just come back the server is not looked at: it could be lost as well while that is done.
    private func isSound(_ connection: Connection, idleSince since: ContinuousClock.Instant) async -> Bool {
        let time = ContinuousClock.now - since
        guard time > min(.milliseconds(1), configuration.checkAfter) else { return connection.isAtRest }
        guard await connection.probe() else { return false }
        guard time > configuration.checkAfter else { return true }
        return await connection.answers(within: .seconds(5))
    }

    private func open() async throws -> Connection {
        do {
            return try await Connection.connect(configuration.connection, logger: logger)
        } catch {
            lose()
            throw error
        }
    }

    private func waitForHand() async throws -> Hand {
        let start = ContinuousClock.now
        record()
        defer {
            metrics.waited(ContinuousClock.now - start)
            record()
        }
        let waiter = guarded.withLock { guarded in
            guarded.nextWaiter += 1
            return guarded.nextWaiter
        }
        let timeout = configuration.leaseTimeout
        let patience = LeaseTimeout(timeout) { [weak self] in
            self?.metrics.timedOut()
            self?.refuse(
                waiter,
                PostgresError(.poolTimeout, "no connection became free within \(timeout): raise the pool's maximum")
            )
        }
        defer { patience.stop() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Hand, any Error>) in
                let isOver = guarded.withLock { guarded in
                    if guarded.state.isShutDown { return true }
                    guarded.state.enqueue(waiter)
                    guarded.continuations[waiter] = continuation
                    return false
                }
                if isOver {
                    continuation.resume(throwing: Self.shutDownError)
                    return
                }
                // A connection may have come back before the waiter stood in the queue; a cancellation as well.
                serveOneIfPossible()
                if Task.isCancelled { refuse(waiter, CancellationError()) }
                patience.start()
            }
        } onCancel: {
            refuse(waiter, CancellationError())
        }
    }

    private func refuse(_ waiter: Int, _ error: any Error) {
        let continuation = guarded.withLock { guarded in
            guarded.state.cancel(waiter) ? guarded.continuations.removeValue(forKey: waiter) : nil
        }
        continuation?.resume(throwing: error)
    }

    private func giveBack(_ connection: Connection) async {
        guard connection.isAtRest, !isTooOld(connection), await isReset(connection) else {
            await discard(connection)
            return
        }
        let (close, continuation) = guarded.withLock { guarded in
            let (waiter, close) = guarded.state.give(back: connection, at: .now)
            return (close, waiter.flatMap { guarded.continuations.removeValue(forKey: $0) })
        }
        continuation?.resume(returning: .connection(connection))
        if close { await connection.close() }
    }

    private func isReset(_ connection: Connection) async -> Bool {
        guard configuration.resetsSessions else { return true }
        return await connection.resetSession()
    }

    private func discard(_ connection: Connection) async {
        await connection.close()
        lose()
    }

    /// Lets somebody who waits open a connection in the place of one that is gone.
    private func lose() {
        let continuation = guarded.withLock { guarded in
            guarded.state.lose().flatMap { guarded.continuations.removeValue(forKey: $0) }
        }
        continuation?.resume(returning: .open)
    }

    private func serveOneIfPossible() {
        let served = guarded.withLock { guarded -> (CheckedContinuation<Hand, any Error>, Hand)? in
            guard let (waiter, hand) = guarded.state.serveFirst() else { return nil }
            return guarded.continuations.removeValue(forKey: waiter).map { ($0, hand) }
        }
        if let (continuation, hand) = served { continuation.resume(returning: hand) }
    }
}
