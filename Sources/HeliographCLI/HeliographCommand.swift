import ArgumentParser

struct HeliographCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heliograph",
        abstract: "Model signals for PostgreSQL: every committed change reaches every subscribed receiver.",
        discussion: """
            The server is named by DATABASE_URL or libpq's own variables (PGHOST, PGDATABASE, …).
            Exit status: 0 done, 1 failed, 2 usage, 3 not reachable or not set up.
            """,
        subcommands: [
            DemoCommand.self, MigrateCommand.self, AttachCommand.self, DetachCommand.self, TailCommand.self,
            RunCommand.self, StatusCommand.self, SubscriptionsCommand.self, DeadLettersCommand.self, PruneCommand.self,
            DoctorCommand.self, ExplainCommand.self, ModelCommand.self,
        ]
    )
}
