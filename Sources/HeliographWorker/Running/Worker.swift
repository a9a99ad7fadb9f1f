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
                for subscription in subscriptions {
                    let runner = SubscriptionRunner(
                        subscription: subscription, database: database, configuration: configuration, bell: bell,
                        signals: signals, logger: logger
                    )
                    runners.addTask { try await runner.run() }
                }
                // The first that cannot go on ends the others.
                while try await runners.next() != nil {}
            }
            group.cancelAll()
        }
    }

    private func checkSetUp() async throws {
        var names: Set<String> = []
        for subscription in subscriptions {
            try subscription.validate()
            guard names.insert(subscription.name).inserted else {
                throw WorkerError(.badDeclaration, "subscription \(subscription.name) is declared twice")
            }
        }
        try await Connection.with(database, logger: logger) { connection in
            try await Migrator(schema: configuration.schema).check(on: connection)
            try await LogReader(schema: configuration.schema).noteIncarnation(on: connection)
        }
    }
}
