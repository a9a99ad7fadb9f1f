import HeliographProgram

/// The `heliograph` command.
@main
enum HeliographMain {
    static func main() async { await Program.run(HeliographCommand.self) }
}
