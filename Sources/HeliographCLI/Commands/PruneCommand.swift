import ArgumentParser
import Heliograph
import HeliographProgram

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Drop the parts of the log that are old and that every subscription has read.",
        discussion: """
            The log is a row of segments. One is closed after a day or at 1 GiB, or sooner where --older-than is shorter, and
            dropped as a whole. Workers do the same by themselves, for what is older than 7 days.
            """
    )

    @OptionGroup var database: DatabaseOptions

    @Option(help: "Keep segments that were closed later than so long ago: 30s, 15m, 36h, 7d.")
    var olderThan = DurationArgument.week

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let retention = Retention(schema: try database.schemaName)
        let age = olderThan.duration
        let outcomes = try await database.withConnection { connection in
            try await retention.rotate(.init(age: min(age, .seconds(86_400))), on: connection)
            return try await retention.prune(olderThan: age, on: connection)
        }
        for outcome in outcomes {
            let segment = outcome.segment
            if json {
                let reason = outcome.reason.map { JSONValue.string($0).description } ?? "null"
                Terminal.say(
                    "{\"segment\":\(segment.number),\"bytes\":\(segment.bytes),\"dropped\":\(outcome.isDropped),\"reason\":\(reason)}"
                )
            } else {
                let size = StatusReport.bytes(segment.bytes)
                Terminal.say(
                    outcome.isDropped
                        ? "dropped segment \(segment.number), \(size)"
                        : "kept segment \(segment.number), \(size): \(outcome.reason ?? "")")
            }
        }
        if outcomes.isEmpty, !json { Terminal.say("there is no closed segment") }
    }
}
