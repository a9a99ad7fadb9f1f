import ArgumentParser
import HeliographProgram

/// Runs scenarios, or the check of the checker.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the scenarios, one line each.",
        discussion: """
            Each scenario has a database, and where it needs one a server, of its own. Exit status: 0 if nothing was
            lost, doubled, out of order or left undone, else 1.
            """
    )

    @Flag(help: "A short form of everything, in less than a minute. Recovery times are not judged.")
    var quick = false

    @Flag(help: "Only print the scenarios' names and what they do.")
    var list = false

    @Option(help: "Only this scenario, or this flaw. May be given several times.")
    var only: [String] = []

    @Option(help: "Where all random choices come from. Default: another one each time.")
    var seed: UInt64?

    @Flag(help: "One JSON object a line.")
    var json = false

    @Flag(help: "Run workers with known flaws, each of which the checker must find.")
    var checkChecker = false

    @Option(help: "A folder for what the workers write to standard error.")
    var logs: String?

    func validate() throws {
        let known = Scenario.all.map(\.name) + Flaw.allCases.map(\.rawValue) + [FlawTrial.soundName]
        if let unknown = only.first(where: { !known.contains($0) }) {
            throw ValidationError("there is no scenario \(unknown); --list prints them")
        }
    }

    func run() async throws {
        if list {
            for scenario in Scenario.all { Terminal.say("\(scenario.name.padded(to: 12)) \(scenario.summary)") }
            for flaw in Flaw.allCases {
                Terminal.say("\(flaw.rawValue.padded(to: 25)) (--check-checker) \(flaw.summary)")
            }
            return
        }
        let options = RunOptions(
            isQuick: quick, seed: seed ?? UInt64.random(in: 0..<1_000_000), isJSON: json, logs: logs, only: only)
        let checks = checkChecker
        let isGood = try await Interruption.cancelling {
            try await ChaosRun(options: options).run(checksChecker: checks)
        }
        if !isGood { throw ExitStatus.failed }
    }
}
