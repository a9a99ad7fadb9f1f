import ArgumentParser

struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heliograph-chaos",
        abstract:
            "Breaks workers, servers and networks while changes are written, and counts what was lost or doubled.",
        subcommands: [RunCommand.self, WorkerCommand.self],
        defaultSubcommand: RunCommand.self
    )
}
