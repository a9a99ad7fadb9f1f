import ArgumentParser
import Heliograph
import HeliographProgram

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what is wrong, or may become so, and say how it is mended.",
        discussion: """
            Looks at the capture of each table, roles, poolers, the bell and its pump, old transactions, retention,
            subscriptions, versions and the server's settings. Changes nothing. Exit status 1 if there is an error.
            From psql: SELECT * FROM heliograph.findings();
            """
    )

    @OptionGroup var database: DatabaseOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let schema = try database.schemaName
        let doctor = Doctor(try database.connectionConfiguration(), schema: schema)
        let findings = try await database.withConnection { try await doctor.examine(on: $0) }
        for finding in findings {
            Terminal.say(json ? FindingLine.json(of: finding) : FindingLine.text(of: finding))
        }
        if findings.isEmpty, !json { Terminal.say("no findings") }
        if findings.contains(where: { $0.severity == .error }) { throw ExitStatus.failed }
    }
}
