import ArgumentParser
import Heliograph
import HeliographProgram

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Show the whole line on a real server: writes by several programs, signals, effects, a killed worker.",
        discussion: """
            Without DATABASE_URL a private PostgreSQL cluster is started for it; with it a database of its own is made on \
            that server. Either is removed at the end. Exit status 1 unless nothing was lost and nothing doubled.
            """
    )

    @Flag(help: "Say more, on standard error.")
    var verbose = false

    func run() async throws {
        if verbose { Terminal.beVerbose() }
        let isSound = try await Interruption.cancelling {
            try await DemoDatabase.with { try await Demo(database: $0).run() }
        }
        if !isSound { throw ExitStatus.failed }
    }
}
