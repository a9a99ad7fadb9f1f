import ArgumentParser
import Heliograph
import HeliographProgram

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "List, show, retry and discard records whose receivers failed.",
        subcommands: [List.self, Show.self, Retry.self, Discard.self], defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show the dead letters; with --parked those too that are still tried.")

        @OptionGroup var database: DatabaseOptions
        @Option(help: "Only of this subscription.") var subscription: String?
        @Flag(help: "Also records that wait for their next try, or behind others of their row.") var parked = false
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            let store = ParkedRecords(schema: try database.schemaName)
            let found = try await database.withConnection {
                try await store.list(subscription: subscription, onlyDead: !parked, on: $0)
            }
            let lines = json ? found.map(ParkedReport.json) : ParkedReport.table(found)
            for line in lines { Terminal.say(line) }
            if found.isEmpty, !json { Terminal.say("(none)") }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one with its record and all its tries.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "Its number, as list shows it.") var id: Int64
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            let store = ParkedRecords(schema: try database.schemaName)
            let found = try await database.withConnection { try await store.list(ids: [id], on: $0) }
            guard let one = found.first else {
                throw LogError(
                    .badArgument, "there is no parked record \(id): `heliograph dead-letters list --parked` shows them")
            }
            for line in json ? [ParkedReport.json(one)] : ParkedReport.text(one) { Terminal.say(line) }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Have them tried at once, with all their tries anew.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var choice: Choice

        func run() async throws {
            let store = ParkedRecords(schema: try database.schemaName)
            let count = try await database.withConnection { connection in
                try await store.retry(choice.ids(in: store, on: connection), on: connection)
            }
            Terminal.say("tried again: \(count)")
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "discard", abstract: "Give them up: they will never be received.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var choice: Choice

        func run() async throws {
            let store = ParkedRecords(schema: try database.schemaName)
            let count = try await database.withConnection { connection in
                try await store.discard(choice.ids(in: store, on: connection), on: connection)
            }
            Terminal.say("discarded: \(count)")
        }
    }

    /// Which of them.
    struct Choice: ParsableArguments {
        @Option(help: "Only of this subscription.") var subscription: String?
        @Flag(help: "All dead letters.") var all = false
        @Argument(help: "Their numbers, as list shows them.") var ids: [Int64] = []

        func validate() throws {
            guard all != !ids.isEmpty else {
                throw ValidationError("name their numbers, or --all for all dead letters")
            }
        }

        func ids(in store: ParkedRecords, on connection: Connection) async throws -> [Int64] {
            let chosen = try await store.list(
                subscription: subscription, ids: all ? nil : ids, onlyDead: all, limit: .max, on: connection
            ).map(\.id)
            if let missing = ids.first(where: { !chosen.contains($0) }) {
                throw LogError(
                    .badArgument,
                    "there is no parked record \(missing): `heliograph dead-letters list --parked` shows them")
            }
            return chosen
        }
    }
}
