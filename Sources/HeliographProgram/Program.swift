public import ArgumentParser
import Heliograph

/// The way in and out of a command: parses the arguments, runs, and says in one line what went wrong.
///
/// ArgumentParser's own `main` would exit with 64 for a wrong argument; here 2 means that, as documented.
public enum Program {
    /// Runs a command and ends the process with its ``ExitStatus``.
    public static func run(_ root: any AsyncParsableCommand.Type) async -> Never {
        Terminal.name = root._commandName
        do {
            var command = try root.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Terminal.exit(.done)
        } catch {
            finish(root, with: error)
        }
    }

    private static func finish(_ root: any AsyncParsableCommand.Type, with error: any Error) -> Never {
        if let status = error as? ExitStatus { Terminal.exit(status) }
        switch root.exitCode(for: error) {
        case .success:
            // Asked for: --help and the like.
            Terminal.say(root.fullMessage(for: error))
            Terminal.exit(.done)
        case .validationFailure:
            Terminal.complain(root.message(for: error) + "; see `\(Terminal.name) --help`")
            Terminal.exit(.usage)
        default:
            Terminal.complain(Terminal.isVerbose ? String(reflecting: error) : "\(error)")
            Terminal.exit(ExitStatus(for: error))
        }
    }
}
