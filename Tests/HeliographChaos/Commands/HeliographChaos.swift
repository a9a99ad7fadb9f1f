import HeliographProgram

/// The `heliograph-chaos` command.
@main
enum HeliographChaos {
    static func main() async { await Program.run(ChaosCommand.self) }
}
