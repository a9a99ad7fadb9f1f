import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// What a finished program left: its outcome and its output.
struct ProcessRun: Sendable {
    let succeeded: Bool
    let standardOutput: String
    let standardError: String

    /// More than a listing of a test ever is; a program that writes more fails.
    private static let outputLimit = 16 << 20

    /// The program's own words about its failure, in one line.
    var complaint: String {
        let lines = (standardError.isEmpty ? standardOutput : standardError)
            .split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        let telling = lines.first { $0.contains("error:") || $0.contains("ERROR:") || $0.contains("FATAL:") }
        return telling ?? lines.last ?? "no message"
    }

    /// Runs a program to its end.
    ///
    /// The environment is the program's own, without libpq's `PG*` variables, which would lead a client elsewhere, and
    /// in English, so that messages can be quoted.
    ///
    /// - Parameters:
    ///   - path: The path of the program.
    ///   - arguments: Its arguments.
    ///   - input: What it reads from standard input.
    ///   - variables: Further variables of its environment.
    ///   - account: Under which account it runs, if not the program's own.
    ///   - createsSession: Whether it gets a session of its own.
    static func run(
        _ path: String,
        _ arguments: [String],
        input: String = "",
        variables: [String: String] = [:],
        account: ServerAccount? = nil,
        createsSession: Bool = false
    ) async throws -> ProcessRun {
        let command = account?.command(path, arguments) ?? (path: path, arguments: arguments)
        var options = PlatformOptions()
        options.createSession = createsSession
        let result = try await Subprocess.run(
            .path(FilePath(command.path)),
            arguments: Arguments(command.arguments),
            environment: childEnvironment.updating(
                Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
            ),
            // The account may not be allowed into the folder where this program was started.
            workingDirectory: "/",
            platformOptions: options,
            input: .fileDescriptor(try ScriptFile.open(input), closeAfterSpawningProcess: true),
            output: .string(limit: outputLimit),
            error: .string(limit: outputLimit)
        )
        return ProcessRun(
            succeeded: result.terminationStatus.isSuccess,
            standardOutput: result.standardOutput,
            standardError: result.standardError
        )
    }

    /// The trimmed output of a program from the search path, or `nil` if it is not there or fails.
    static func output(of program: String, _ arguments: [String]) async -> String? {
        let result = try? await Subprocess.run(
            .name(program),
            arguments: Arguments(arguments),
            output: .string(limit: outputLimit)
        )
        guard let result, result.terminationStatus.isSuccess else { return nil }
        let trimmed = result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The environment of every program that is run for a cluster.
    static var childEnvironment: Environment {
        var variables: [Environment.Key: String] = ["LC_ALL": "C"]
        for (name, value) in ProcessInfo.processInfo.environment
        where !name.hasPrefix("PG") && !name.hasPrefix("LC_") && name != "LANGUAGE" {
            variables[Environment.Key(stringLiteral: name)] = value
        }
        return .custom(variables)
    }
}
