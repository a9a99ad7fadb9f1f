import ArgumentParser
import Heliograph
import HeliographModels
import HeliographProgram

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Write the Swift model of a table that is there.",
        discussion: """
            The struct, its mapping and the enums of its columns, on standard output. Lines with CHECK say what only you can
            decide. What the models of running programs and their tables do not agree on is said by: heliograph doctor
            """
    )

    @OptionGroup var database: DatabaseOptions

    @Argument(help: "The table, as SQL names it: users, shop.orders, '\"Order\"'.")
    var table: String

    @Option(help: "The model's name. Default: the table's, in the singular.")
    var name: String?

    func run() async throws {
        let source = try await database.withConnection { connection in
            try await ModelSource(table: table, name: name, from: connection)
        }
        Terminal.say(source.text)
    }
}
