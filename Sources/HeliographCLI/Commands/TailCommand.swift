import ArgumentParser
import Heliograph
import HeliographProgram
import Logging

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Print the records of the signal log as they commit."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var waking: WakeOptions

    @Argument(help: ArgumentHelp("Tables to follow; default: all that are attached.", valueName: "table"))
    var tables: [String] = []

    @Option(name: .customLong("from"), help: "Where to begin: beginning, now or a record's id.")
    var start = StartArgument(start: .now)

    @Option(help: "Stop after so many records.")
    var count: Int?

    @Flag(help: "Stop when everything that has been committed is printed.")
    var noFollow = false

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "The envelope of the JSON objects: heliograph, cloudevents or debezium; implies --json.")
    var format: FormatArgument?

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count takes a number from 1 on, not \(count)") }
    }

    func run() async throws {
        let schema = try database.schemaName
        let configuration = waking.adapt(try database.connectionConfiguration())
        let logger = Terminal.logger("heliograph.tail")
        let filter = try await database.withConnection(configuration) { connection in
            try await Migrator(schema: schema).check(on: connection)
            guard !tables.isEmpty else { return RecordFilter() }
            let senders = try await Attachments(schema: schema).senders(of: tables, on: connection)
            return RecordFilter(
                sources: senders.map { .init(sender: $0, operations: AttachOptions.Operation.allCases) }
            )
        }
        let pool = ConnectionPool(.init(configuration, maximum: 1), logger: logger)
        let bell = Bell(configuration, schema: schema, pollOnly: waking.pollOnly, logger: logger)
        let follower = LogFollower(
            pool: pool, bell: bell, schema: schema, filter: filter, pollInterval: waking.interval, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if !noFollow {
                group.addTask { try await bell.run() }
                let pump = Pump(pool: pool, configuration: configuration, bell: bell, schema: schema, logger: logger)
                group.addTask { try await pump.run() }
            }
            try await print(follower)
            group.cancelAll()
        }
        await pool.shutDown()
    }

    private func print(_ follower: LogFollower) async throws {
        var printed = 0
        for try await event in follower.events(from: start.start) {
            switch event {
            case .record(let record, _):
                if let format = format?.format ?? (json ? .heliograph : nil) {
                    Terminal.say(record.text(as: format))
                } else {
                    Terminal.say(RecordLine.text(of: record))
                }
                printed += 1
                if printed == count { return }
            case .caughtUp: if noFollow { return }
            case .reset:
                Terminal.complain("the server was restarted: records of the moments before may be missing here")
            }
        }
    }
}

/// The name of an envelope.
struct FormatArgument: ExpressibleByArgument {
    let format: RecordFormat

    init?(argument: String) {
        guard let format = RecordFormat(rawValue: argument) else { return nil }
        self.format = format
    }

    static var allValueStrings: [String] { RecordFormat.allCases.map(\.rawValue) }
}

/// `beginning`, `now` or a record's id.
struct StartArgument: ExpressibleByArgument {
    let start: LogFollower.Start

    init(start: LogFollower.Start) { self.start = start }

    init?(argument: String) {
        switch argument {
        case "beginning": start = .beginning
        case "now": start = .now
        default:
            guard let id = Int64(argument), id > 0 else { return nil }
            start = .id(id)
        }
    }

    var defaultValueDescription: String { "now" }
}
