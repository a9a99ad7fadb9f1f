import ArgumentParser
import Heliograph
import HeliographProgram

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Install or upgrade the schema of the signal log."
    )

    @OptionGroup var database: DatabaseOptions

    @Flag(help: "Only say what would be done.")
    var dryRun = false

    @Flag(help: "Print the SQL of all steps, for psql or another migrator, and do nothing.")
    var sql = false

    func run() async throws {
        let schema = try database.schemaName
        let migrator = Migrator(schema: schema)
        if sql {
            Terminal.say(migrator.script())
            return
        }
        try await database.withConnection { connection in
            let outcome = try await migrator.migrate(on: connection, isDryRun: dryRun)
            for step in outcome.applied {
                Terminal.say("\(dryRun ? "would apply" : "applied") \(step.version) \(step.name)")
            }
            let version = outcome.applied.last?.version ?? outcome.before
            if outcome.applied.isEmpty {
                Terminal.say("schema \(schema) is at version \(version): nothing to do")
            } else if dryRun {
                Terminal.say("schema \(schema) is at version \(outcome.before), \(version) would be installed")
            } else {
                Terminal.say("schema \(schema) is at version \(version)")
            }
            if !outcome.missingRoleStatements.isEmpty {
                Terminal.complain(
                    "the roles for workers and readers are not complete; an administrator has to run: "
                        + outcome.missingRoleStatements.joined(separator: " ") + " Then migrate again.")
            }
            if dryRun { return }
            do {
                for sender in try await Attachments(schema: schema).refreshDrifted(on: connection) {
                    Terminal.say("attached \(sender) again: its columns or triggers have changed")
                }
            } catch let error as LogError where error.code == .notPermitted {
                // Who may not see the tables' state may be told that the schema is up to date.
                Terminal.complain(
                    "whether tables have changed since they were attached was not looked at: \(error.message)")
            }
        }
    }
}
