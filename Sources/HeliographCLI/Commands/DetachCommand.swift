import ArgumentParser
import Heliograph
import HeliographProgram

struct DetachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Stop capturing tables; the log and everybody's place in it stay."
    )

    @OptionGroup var database: DatabaseOptions

    @Argument(help: ArgumentHelp("A table, as SQL would name it.", valueName: "table"))
    var tables: [String]

    func run() async throws {
        let attachments = Attachments(schema: try database.schemaName)
        try await database.withConnection { connection in
            let done = try await attachments.retryingWhileBusy(on: connection) {
                try await connection.transaction { connection in
                    var done: [(table: String, wasAttached: Bool)] = []
                    for table in tables { done.append((table, try await attachments.detach(table, on: connection))) }
                    return done
                }
            }
            for (table, wasAttached) in done {
                Terminal.say(wasAttached ? "detached \(table)" : "\(table) was not attached")
            }
        }
    }
}
