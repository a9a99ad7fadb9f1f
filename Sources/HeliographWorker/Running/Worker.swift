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
    private let database: ConnectionConfiguration
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
            try await withThrowingTaskGroup(of: Void.self) { runners in
                for (subscription, pulse) in zip(subscriptions, health.pulses) {
                    let runner = SubscriptionRunner(
                        subscription: subscription, log: log, configuration: configuration,
                        makeWaiter: { bell.makeWaiter() }, signals: signals, logger: logger, pulse: pulse
                    )
                    runners.addTask { try await runner.run() }
                }
                // The first that cannot go on ends the others.
                while try await runners.next() != nil {}
            }
            group.cancelAll()
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
        let bell = Bell(database, schema: configuration.schema, pollOnly: true, logger: logger)
        let runners = zip(subscriptions, health.pulses).map { subscription, pulse in
            SubscriptionRunner(
                subscription: subscription, log: log, configuration: configuration,
                makeWaiter: { bell.makeWaiter() }, signals: signals, logger: logger, pulse: pulse)
        }
        func counts() -> [String: [String: Int]] {
            Dictionary(runners.map { ($0.subscription.name, $0.counts.all) }, uniquingKeysWith: { first, _ in first })
        }
        // The receivers' own writes are signals, too.
        var before: [String: [String: Int]]?
        while before != counts(), !Task.isShuttingDownGracefully {
            before = counts()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for runner in runners { group.addTask { try await runner.drain() } }
                try await group.waitForAll()
            }
        }
        return DrainReport(counts())
    }

    private var log: any WorkerLog { DatabaseLog(database: database, schema: configuration.schema, logger: logger) }

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
