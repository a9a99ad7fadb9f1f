import ArgumentParser
import Heliograph
import HeliographProgram
import Logging

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show tables, subscriptions, their lag, who works, and how readers are woken."
    )

    @OptionGroup var database: DatabaseOptions

    @Flag(
        help:
            "This way to the server leads through a pooler in transaction mode: do not try whether notifications arrive."
    )
    var pollOnly = false

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let schema = try database.schemaName
        let named = try database.connectionConfiguration()
        let configuration = pollOnly ? named.throughPooler : named
        let status = try await database.withConnection(configuration) {
            try await StatusReader(schema: schema).read(on: $0)
        }
        let hearing = await hearing(schema, configuration)
        let lines =
            json
            ? StatusReport.json(status, hearing) : StatusReport.text(status, hearing, schema: schema)
        for line in lines { Terminal.say(line) }
    }

    /// Whether a reader that connects as this command does would hear the bell.
    private func hearing(_ schema: SchemaName, _ configuration: ConnectionConfiguration) async -> Bell.Hearing {
        let bell = Bell(
            configuration, schema: schema, pollOnly: pollOnly, probeTimeout: .seconds(2),
            logger: Terminal.logger("heliograph.status")
        )
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await bell.run() }
            defer { group.cancelAll() }
            return await bell.settledHearing(within: .seconds(5))
        }
    }
}
