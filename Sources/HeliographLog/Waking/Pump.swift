public import HeliographPostgres
public import Logging
public import ServiceLifecycle

/// Rings for all writers while there are many of them: one process of all that run a pump does.
///
/// A NOTIFY in a commit makes it wait for all other commits of the server that notify. So from some 160 a second on the writers stop
/// ringing, and one process looks at the log every 5 or 10 ms and rings once for all that is new.
///
/// The processes elect the pump by an advisory lock, which the server frees when the process dies. The pump has a connection of its
/// own while it is in office; the others look every 2 s, over the pool, whether the place is free.
public struct Pump: Service {
    private let pool: ConnectionPool
    private let configuration: ConnectionConfiguration
    private let bell: Bell
    private let schema: SchemaName
    private let logger: Logger

    /// So long the pump may be silent before the server gives its place to another.
    private static let silenceLimit = Duration.seconds(10)
    private static let ping = Duration.seconds(3)
    /// How often to see whether the place is free.
    private static let patience = Duration.seconds(2)
    /// How often the log is looked at, while quiet, for writers that never ring, or when the bell cannot be heard.
    private static let silentInterval = Duration.milliseconds(100)
    /// So long a pump that shuts down waits for the writers that rely on it.
    private static let farewell = Duration.seconds(1)

    /// - Parameters:
    ///   - pool: to see whether the place is free.
    ///   - configuration: for the pump's own connection: the server itself, not a pooler in transaction mode.
    ///   - bell: this process's, which must run as well: by it the pump hears whether the writers ring often.
    public init(
        pool: ConnectionPool, configuration: ConnectionConfiguration, bell: Bell, schema: SchemaName = .standard,
        logger: Logger
    ) {
        self.pool = pool
        self.configuration = configuration
        self.bell = bell
        self.schema = schema
        self.logger = logger
    }

    /// Runs until shutdown. Without the right to be the pump, which members of `heliograph_worker` have, it says so and only waits; so it
    /// does where the bell only polls, and behind a pooler in transaction mode.
    public func run() async throws {
        if bell.isPollOnly {
            try? await gracefulShutdown()
            return
        }
        var failures = 0
        var hasSaidSo = false
        while !isStopping {
            do {
                let schema = schema
                switch try await pool.withConnection({ try await PumpSession.place(schema, on: $0) }) {
                case .free: try await takeOffice()
                case .taken: break
                case .forbidden:
                    if !hasSaidSo {
                        logger.info("this role may not be the pump: others ring for all; see heliograph_worker")
                    }
                    hasSaidSo = true
                }
                failures = 0
                await pause(for: Self.patience * Double.random(in: 0.8...1.2))
            } catch {
                if isStopping { return }
                failures += 1
                logger.debug("the pump is interrupted", metadata: ["error": "\(error)"])
                await pause(for: Backoff().delay(afterAttempt: failures))
            }
        }
    }

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    private func takeOffice() async throws {
        let connection = try await Connection.connect(configuration, logger: logger)
        do {
            // There its lock would stay with a session of the pooler, and no process could be the pump.
            guard try await connection.hasSessionOfItsOwn(configuration, logger: logger) else {
                await connection.close()
                logger.info(
                    "no pump behind a pooler in transaction mode: connect to the server itself, or say --poll-only")
                try? await gracefulShutdown()
                return
            }
            if let session = try await PumpSession.begin(
                schema, on: connection, silenceLimit: Self.silenceLimit)
            {
                logger.debug("this process is the pump")
                try await pump(session)
            }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Pumps until shutdown.
    private func pump(_ session: PumpSession) async throws {
        var state = PumpState()
        let waiter = bell.makeWaiter()
        var last: Snapshot?
        do {
            try await session.set(.quiet)
            while !isStopping {
                if case .quiet = state.mode {
                    try await rest(session, &state, &last, waiter)
                } else {
                    try await turn(session, &state, &last)
                    await pause(for: .milliseconds(state.interval))
                }
            }
        } catch  where Task.isCancelled {
            // The flag must not stay, however it ends.
        }
        // In a task of its own: this one's statements are refused once it is cancelled.
        let (final, seen) = (state, last)
        try await Task { try await leave(session, final, seen) }.value
    }

    /// One look at the log.
    private func turn(_ session: PumpSession, _ state: inout PumpState, _ last: inout Snapshot?) async throws {
        if case .draining = state.mode { state.listed(try await session.writers()) }
        let look = try await session.look(since: last)
        last = look.snapshot
        if let flag = state.looked(found: look.found, newestID: look.newestID) { try await set(flag, session) }
    }

    private func set(_ flag: PumpState.Flag, _ session: PumpSession) async throws {
        try await session.set(flag)
        logger.debug("the bell's flag is set", metadata: ["bell.flag": "\(flag)"])
    }

    /// Sleeps until the bell rings, and counts.
    private func rest(
        _ session: PumpSession, _ state: inout PumpState, _ last: inout Snapshot?, _ waiter: BellWaiter
    ) async throws {
        let isDeaf = try await session.hasSilentTables() || !bell.isListening
        let end = ContinuousClock.now + Self.ping * Double.random(in: 0.8...1.2)
        while !isStopping, ContinuousClock.now < end {
            if isDeaf {
                last = try await session.look(since: last).snapshot
            }
            let before = bell.count
            await withGracefulShutdownHandler {
                await waiter.wait(upTo: isDeaf ? Self.silentInterval : end - .now)
            } onGracefulShutdown: {
                waiter.ring()
            }
            if bell.count == before || isStopping { continue }
            await pause(for: PumpState.countingTime)
            if let flag = state.heard(bells: bell.count - before) {
                try await set(flag, session)
                // What has been committed before was rung for.
                return
            }
        }
    }

    /// Leaves no flag behind that tells the writers to rely on a pump.
    private func leave(_ session: PumpSession, _ state: PumpState, _ last: Snapshot?) async throws {
        var (state, last) = (state, last)
        if let flag = state.end() { try await set(flag, session) }
        let end = ContinuousClock.now + Self.farewell
        while state.mode != .quiet, ContinuousClock.now < end {
            try await turn(session, &state, &last)
            try await Task.sleep(for: .milliseconds(state.interval))
        }
    }
}
