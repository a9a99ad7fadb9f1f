import ArgumentParser
import Heliograph
import HeliographProgram

struct SubscriptionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscriptions", abstract: "List, pause, resume, rewind and drop subscriptions.",
        subcommands: [List.self, Pause.self, Resume.self, Rewind.self, Drop.self], defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show the subscriptions and how far they are.")

        @OptionGroup var database: DatabaseOptions
        @Flag(help: "One JSON object a line.") var json = false

        func run() async throws {
            let schema = try database.schemaName
            let status = try await database.withConnection { try await StatusReader(schema: schema).read(on: $0) }
            let lines = json ? StatusReport.subscriptionsJSON(status) : StatusReport.subscriptionsText(status)
            for line in lines { Terminal.say(line) }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Stop a subscription; the log is kept for it until it is resumed, and grows.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The subscription.") var name: String

        func run() async throws {
            let control = SubscriptionControl(schema: try database.schemaName)
            try await database.withConnection { try await control.pause(name, on: $0) }
            Terminal.say("paused \(name)")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Have a paused subscription go on where it was.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The subscription.") var name: String

        func run() async throws {
            let control = SubscriptionControl(schema: try database.schemaName)
            try await database.withConnection { try await control.resume(name, on: $0) }
            Terminal.say("resumed \(name)")
        }
    }

    struct Rewind: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rewind", abstract: "Have a subscription receive again what it has received before.",
            discussion: """
                It goes back to the last recorded place before the target, so it may receive a little more than was asked for. Workers may
                run. What its receivers do is done once more for each record.
                """
        )

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The subscription.") var name: String
        @Option(
            help:
                "A record's number, a time (2026-01-02T03:04:05Z), beginning (of the log), or backfill (the rows there are)."
        ) var to: String

        func run() async throws {
            let target: SubscriptionControl.Target =
                switch to {
                case "beginning": .beginning
                case "backfill": .backfill
                default: Int64(to).map { .record($0) } ?? .time(to)
                }
            let control = SubscriptionControl(schema: try database.schemaName)
            let place = try await database.withConnection {
                do {
                    return try await control.rewind(name, to: target, on: $0)
                } catch let error as PostgresError where error.sqlState?.errorClass == "22" {
                    throw LogError(.badArgument, "--to takes a record's number, a time or beginning: \(error.message)")
                }
            }
            Terminal.say("\(name): \(place)")
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop",
            abstract: "Forget a subscription that no worker runs, with its place and its parked records.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The subscription.") var name: String

        func run() async throws {
            let control = SubscriptionControl(schema: try database.schemaName)
            let parked = try await database.withConnection { try await control.drop(name, on: $0) }
            Terminal.say(parked == 0 ? "dropped \(name)" : "dropped \(name), with \(parked) parked records")
        }
    }
}
