import ArgumentParser
import Heliograph
import HeliographProgram

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show who receives a table's signals: when, in which order and process."
    )

    @OptionGroup var database: DatabaseOptions

    @Argument(help: ArgumentHelp("A table, as SQL would name it.", valueName: "table"))
    var table: String

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let schema = try database.schemaName
        let explanation: TableExplanation
        do {
            explanation = try await database.withConnection {
                try await Explainer(schema: schema).explain(table, on: $0)
            }
        } catch let error as LogError where error.code == .unknownTable {
            // The database is set up; it is the question that has no answer.
            Terminal.complain("\(error)")
            throw ExitStatus.failed
        }
        let attach = "heliograph attach\(schema == .standard ? "" : " --schema \(schema)") \(table)"
        let lines =
            json ? ExplainReport.json(explanation, attach: attach) : ExplainReport.text(explanation, attach: attach)
        for line in lines { Terminal.say(line) }
    }
}
