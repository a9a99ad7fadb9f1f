import HeliographLog
public import HeliographModels
public import HeliographPostgres
public import Logging
public import ServiceLifecycle

/// Runs subscriptions, together with any number of other processes that run the same ones.
///
/// As a service it goes on until shutdown: then it finishes the batches that run and gives up its lanes. It survives lost
/// connections and restarts of the server.
///
/// ```swift
/// let worker = Worker([createProfile], database: configuration, logger: logger)
/// try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// ```
public struct Worker: Service {
    private let subscriptions: [Subscription]
    /// `nil` where the log is in memory.
    private let database: ConnectionConfiguration?
    private let log: any WorkerLog
    private let makeWaiter: (@Sendable () -> BellWaiter)?
    private let configuration: WorkerConfiguration
    private let signals: ModelSignals
    private let logger: Logger
    /// Whether it is well: for the probes of whoever watches over the process. Copies of this worker share it.
    public let health: WorkerHealth

    /// - Parameters:
    ///   - subscriptions: what to run.
    ///   - database: the server itself, not a pooler in transaction mode.
    ///   - signals: the in-process receivers that saves by subscriptions run, too.
    public init(
        _ subscriptions: [Subscription], database: ConnectionConfiguration,
        configuration: WorkerConfiguration = .init(),
        signals: ModelSignals = .init(), logger: Logger
    ) {
        self.subscriptions = subscriptions
        self.database = database
        log = DatabaseLog(database: database, schema: configuration.schema, logger: logger)
        makeWaiter = nil
        self.configuration = configuration
        self.signals = signals
        self.logger = logger
        health = WorkerHealth(subscriptions, configuration)
    }

    /// A worker on a log in memory.
    package init(
        _ subscriptions: [Subscription], memory: MemoryLog, over network: (any MemoryNetwork)? = nil,
        configuration: WorkerConfiguration = .init(), signals: ModelSignals = .init(), logger: Logger
    ) {
        self.init(
            subscriptions, log: MemoryClient(log: memory, network: network), makeWaiter: { memory.makeWaiter() },
            configuration: configuration, signals: signals, logger: logger)
    }

    init(
        _ subscriptions: [Subscription], log: any WorkerLog, makeWaiter: @escaping @Sendable () -> BellWaiter,
        configuration: WorkerConfiguration, signals: ModelSignals, logger: Logger
    ) {
        self.subscriptions = subscriptions
        database = nil
        self.log = log
        self.makeWaiter = makeWaiter
        self.configuration = configuration
        self.signals = signals
        self.logger = logger
        health = WorkerHealth(subscriptions, configuration)
    }

    /// Runs until shutdown.
    /// - Throws: ``WorkerError`` or ``LogError`` for a set-up that cannot work; ``PostgresError`` when the server cannot be
    ///   reached at the start. Later it reconnects.
    public func run() async throws {
        try await checkSetUp()
        guard let database else { return try await runSubscriptions(configuration, makeWaiter ?? { BellWaiter() }) }
        let bell = Bell(
            database, schema: configuration.schema, pollOnly: configuration.pollOnly, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bell.run() }
            let pool = ConnectionPool(.init(database, maximum: 1), logger: logger)
            let pump = Pump(
                pool: pool, configuration: database, bell: bell, schema: configuration.schema, logger: logger)
            group.addTask {
                try await pump.run()
                await pool.shutDown()
            }
            let housekeeping = Housekeeping(
                database: database, schema: configuration.schema, retention: configuration.retention,
                lapse: configuration.lapse, maximumLogSize: configuration.maximumLogSize, logger: logger)
            group.addTask { await housekeeping.run() }
            try await runSubscriptions(configuration) { bell.makeWaiter() }
            group.cancelAll()
        }
    }

    private func runSubscriptions(
        _ configuration: WorkerConfiguration, _ makeWaiter: @escaping @Sendable () -> BellWaiter
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runner in runners(configuration, makeWaiter) { group.addTask { try await runner.run() } }
            // The first that cannot go on ends the others.
            while try await group.next() != nil {}
        }
    }

    private func runners(
        _ configuration: WorkerConfiguration, _ makeWaiter: @escaping @Sendable () -> BellWaiter
    ) -> [SubscriptionRunner] {
        zip(subscriptions, health.pulses).map { subscription, pulse in
            SubscriptionRunner(
                subscription: subscription, log: log, configuration: configuration, makeWaiter: makeWaiter,
                signals: signals, logger: logger, pulse: pulse)
        }
    }

    /// Does all there is to do and returns: each subscription receives what was committed before, and what its receivers and the
    /// others' write. For tests, and for programs that run now and then. What fails is parked and tried again by the next one.
    /// - Throws: as ``run()``; ``WorkerError`` with `outage` when everything fails.
    @discardableResult
    public func drain() async throws -> DrainReport {
        try await checkSetUp()
        var configuration = configuration
        // Nobody rings.
        configuration.pollInterval = min(configuration.pollInterval, .milliseconds(100))
        let bell = database.map { Bell($0, schema: configuration.schema, pollOnly: true, logger: logger) }
        let runners = runners(configuration, makeWaiter ?? { bell?.makeWaiter() ?? BellWaiter() })
        func counts() -> [String: [String: Int]] {
            Dictionary(runners.map { ($0.subscription.name, $0.counts.all) }, uniquingKeysWith: { first, _ in first })
        }
        // The receivers' own writes are signals, too. What is only tried again and again gets nobody further.
        func progress() -> [String: [String: Int]] {
            counts().mapValues { $0.filter { !["failed", "snoozed", "held", "stalled"].contains($0.key) } }
        }
        var before: [String: [String: Int]]?
        while before != progress(), !Task.isShuttingDownGracefully {
            before = progress()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for runner in runners { group.addTask { try await runner.drain() } }
                try await group.waitForAll()
            }
        }
        return DrainReport(counts())
    }

    private func checkSetUp() async throws {
        var names: Set<String> = []
        for subscription in subscriptions {
            try subscription.validate()
            guard names.insert(subscription.name).inserted else {
                throw WorkerError(.badDeclaration, "subscription \(subscription.name) is declared twice")
            }
        }
        try await log.check()
    }
}
