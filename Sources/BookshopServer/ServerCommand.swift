import ArgumentParser
import Bookshop
import BookshopAPI
import Configuration
import CoreMetrics
import Heliograph
import HeliographDashboard
import HeliographProgram
import Hummingbird
import Logging

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bookshop-server",
        abstract: "The Bookshop's HTTP interface.",
        discussion: """
            The database is named by DATABASE_URL or libpq's own variables (PGHOST, PGDATABASE, …).
            Exit status: 0 done, 1 failed, 2 usage, 3 not reachable or not set up.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var waking: WakeOptions

    @Option(help: "The address to listen on. Default: HOST, or 127.0.0.1.")
    var host: String?

    @Option(help: "The port to listen on; 0 takes a free one. Default: PORT, or 8080.")
    var port: Int?

    @Flag(help: "Create and upgrade nothing at the start.")
    var noMigrate = false

    @Flag(help: "Create and upgrade what is needed, and end.")
    var migrateOnly = false

    @Option(help: "At most so many connections to the database.")
    var connections = 10

    func validate() throws {
        if noMigrate, migrateOnly { throw ValidationError("--no-migrate and --migrate-only contradict each other") }
        if connections < 1 { throw ValidationError("--connections takes a number from 1 on, not \(connections)") }
        if let port, !(0...65_535).contains(port) {
            throw ValidationError("--port takes a number from 0 to 65535, not \(port)")
        }
    }

    func run() async throws {
        let schema = try database.schemaName
        let address = try listenAddress()
        let configuration = waking.adapt(try database.connectionConfiguration())
        let logger = Terminal.logger("bookshop.server", level: .info)
        if !noMigrate {
            try await database.withConnection(configuration) { try await BookshopSetup(schema: schema).run(on: $0) }
            if migrateOnly { return }
        } else {
            try await database.withConnection(configuration) { try await Migrator(schema: schema).check(on: $0) }
        }

        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let pool = ConnectionPool(.init(configuration, maximum: connections), logger: logger)
        let bell = Bell(configuration, schema: schema, pollOnly: waking.pollOnly, logger: logger)
        let pump = Pump(pool: pool, configuration: configuration, bell: bell, schema: schema, logger: logger)
        let signals = ModelSignals()
        BookshopSignals.connect(to: signals)
        let models = Database(
            pool: pool, signals: signals, origin: Origin.ofThisProcess, logSchema: schema.name, logger: logger
        )
        try await models.verify(BookshopModels.schema)
        let mirror = try LiveMirror(
            configuration, bell: bell, database: models, schema: schema,
            settings: .init(pollInterval: waking.interval), logger: logger
        )
        let api = BookshopAPI(
            database: models,
            operations: OperationsRoutes(
                pool: pool, schema: schema, registry: registry,
                stream: SignalStream(mirror)
            )
        )
        let application = Application(
            router: api.router(),
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                // It says so when all of it works: the first event is that the mirror has begun.
                _ = try? await mirror.events(.everywhere, sources: []).first { _ in true }
                let port = channel.localAddress?.port ?? address.port
                Terminal.say("bookshop-server listens on http://\(address.host):\(port)")
            },
            logger: logger
        )
        // The last comes down first: the server finishes its requests, then the connections go.
        try await service.run([pool, bell, pump, mirror, application], logger: logger)
    }

    /// Options come before the environment.
    private func listenAddress() throws -> (host: String, port: Int) {
        let environment = ConfigReader(provider: EnvironmentVariablesProvider())
        let given = environment.string(forKey: "port")
        guard let port = port ?? (given.map { Int($0) } ?? 8080), (0...65_535).contains(port) else {
            throw ValidationError("PORT takes a number from 0 to 65535, not \(given ?? "")")
        }
        return (host ?? environment.string(forKey: "host", default: "127.0.0.1"), port)
    }
}
