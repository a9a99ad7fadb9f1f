import ArgumentParser
import Bookshop
import Heliograph
import HeliographProbes
import HeliographProgram
import Logging

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bookshop-worker",
        abstract: "Gives each new User a Profile and each new Book a Summary.",
        discussion: """
            Any number of processes share the work. The database is named by DATABASE_URL or libpq's own variables
            (PGHOST, PGDATABASE, …); it must be the server itself, not a pooler in transaction mode.
            Exit status: 0 done, 1 failed, 2 usage, 3 not reachable or not set up.
            """
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var waking: WakeOptions
    @OptionGroup var probes: ProbeOptions

    @Flag(help: "Create and upgrade nothing at the start.")
    var noMigrate = false

    @Option(help: "How the database's activity shows this process.")
    var name = "bookshop-worker"

    func run() async throws {
        let schema = try database.schemaName
        let logger = Terminal.logger("bookshop.worker", level: .info)
        if !noMigrate {
            try await database.withConnection { try await BookshopSetup(schema: schema).run(on: $0) }
        }
        // The Bookshop's receivers write by SQL; those that save models would have the same rules as the server.
        let signals = ModelSignals()
        BookshopSignals.connect(to: signals)
        let configuration = try database.connectionConfiguration(applicationName: name)
        let worker = Worker(
            BookshopSubscriptions.all, database: configuration,
            configuration: WorkerConfiguration(
                schema: schema, pollInterval: waking.interval, origin: Origin.ofThisProcess, pollOnly: waking.pollOnly
            ),
            signals: signals, logger: logger
        )
        let names = BookshopSubscriptions.all.map(\.name).joined(separator: ", ")
        Terminal.say("bookshop-worker works on \(names)")
        // A batch that is cut off at the deadline has not happened; another worker, or the next start, does it again.
        let answering = try probes.services(for: worker.health, configuration, schema: schema, logger: logger)
        try await service.run(answering + [worker], logger: logger)
    }
}
