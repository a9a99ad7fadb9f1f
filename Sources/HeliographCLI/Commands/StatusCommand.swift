import ArgumentParser
import Heliograph
import HeliographProgram

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show tables, subscriptions, their lag, who works, and how readers are woken."
    )

    @OptionGroup var database: DatabaseOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let schema = try database.schemaName
        let status = try await database.withConnection { try await StatusReader(schema: schema).read(on: $0) }
        for line in json ? StatusReport.json(status) : StatusReport.text(status, schema: schema) { Terminal.say(line) }
    }
}
