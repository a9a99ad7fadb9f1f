import ArgumentParser
import Heliograph
import HeliographProgram

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Capture the changes of tables; again: refresh how."
    )

    @OptionGroup var database: DatabaseOptions

    @Argument(help: ArgumentHelp("A table, as SQL would name it.", valueName: "table"))
    var tables: [String]

    @Option(help: "Columns that must never reach the log, with commas between them.")
    var exclude: ColumnList?

    @Option(help: "The columns that identify a row, where the primary key does not.")
    var key: ColumnList?

    @Option(name: .customLong("on"), help: "What to capture: insert, update, delete, truncate. Default: all.")
    var operations: OperationList?

    @Flag(help: "Do not ring for these tables: for tables written by prepared transactions.")
    var noBell = false

    @Flag(help: "Capture also what a subscription of logical replication applies, and restores.")
    var always = false

    @Option(help: ArgumentHelp("Of rows whose JSON may be larger record the key alone.", valueName: "bytes"))
    var maxRow: Int?

    @Flag(help: "Print the statements and run none.")
    var sql = false

    func validate() throws {
        if let maxRow, maxRow < 1 { throw ValidationError("--max-row takes a number of bytes, such as 1000000") }
    }

    func run() async throws {
        let attachments = Attachments(schema: try database.schemaName)
        var options = AttachOptions()
        if let exclude { options.excludedColumns = exclude.names }
        if let key { options.keyColumns = key.names }
        if let operations { options.operations = operations.operations }
        options.ringsBell = !noBell
        options.isAlways = always
        options.maximumRowSize = maxRow
        try await database.withConnection { connection in
            if sql {
                for table in tables {
                    Terminal.say(try await attachments.script(attaching: table, options, on: connection))
                }
                return
            }
            // All or none: half a list of tables is a state nobody asked for.
            let senders = try await attachments.retryingWhileBusy(on: connection) {
                try await connection.transaction { connection in
                    var senders: [String] = []
                    for table in tables { senders.append(try await attachments.attach(table, options, on: connection)) }
                    return senders
                }
            }
            for sender in senders { Terminal.say("attached \(sender)") }
        }
    }
}

/// `COL,COL,…`
struct ColumnList: ExpressibleByArgument {
    let names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",").map { $0.drop(while: \.isWhitespace).description }
        if names.isEmpty { return nil }
    }
}

/// `insert,update,…`
struct OperationList: ExpressibleByArgument {
    let operations: [AttachOptions.Operation]

    init?(argument: String) {
        var operations: [AttachOptions.Operation] = []
        for word in argument.split(separator: ",") {
            guard let operation = AttachOptions.Operation(rawValue: String(word)) else { return nil }
            operations.append(operation)
        }
        if operations.isEmpty { return nil }
        self.operations = operations
    }
}
