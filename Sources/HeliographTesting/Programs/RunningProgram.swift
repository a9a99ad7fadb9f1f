import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// A program that runs beside a test or a demonstration, as a process of its own: see ``withProgram(_:_:environment:onLine:_:)``.
public final class RunningProgram: Sendable {
    /// A UNIX signal to a process.
    public enum ProcessSignal: Sendable {
        /// Asks for a shutdown.
        case terminate
        /// Ends it at once; it cannot do anything about it.
        case kill
        /// Freezes it.
        case stop
        /// Lets it go on after ``stop``.
        case proceed
        /// What Ctrl-C sends.
        case interrupt

        var signal: Signal {
            switch self {
            case .terminate: .terminate
            case .kill: .kill
            case .stop: .suspend
            case .proceed: .resume
            case .interrupt: .interrupt
            }
        }
    }

    /// The process's number.
    public let processID: Int32
    let output: ProgramOutput
    private let deliver: @Sendable (Signal) throws -> Void

    init(processID: Int32, output: ProgramOutput, deliver: @escaping @Sendable (Signal) throws -> Void) {
        self.processID = processID
        self.output = output
        self.deliver = deliver
    }

    /// What it has written until now, standard output and standard error, line by line.
    public var lines: [String] { output.lines }

    /// Waits for a line that contains a text; one that has been written already counts.
    ///
    /// - Throws: ``RunningProgramError`` if the program ends without it; `CancellationError`.
    @discardableResult
    public func line(containing text: String) async throws -> String {
        try await output.line { $0.contains(text) }
    }

    /// Waits until it has ended, or at least closed its output.
    ///
    /// - Throws: `CancellationError`.
    public func ended() async throws {
        try await output.ended()
    }

    /// Sends a signal. One to a process that has ended does nothing: its number may be somebody else's by now.
    public func send(_ signal: ProcessSignal) {
        try? deliver(signal.signal)
    }
}

/// Runs a program for the time of `body`. What still runs when `body` returns is killed.
///
/// - Parameters:
///   - path: The program's path; see ``programPath(_:)`` for those of the same build.
///   - arguments: Its arguments.
///   - environment: Variables beside those of this process; libpq's own (`PG…`) and `DATABASE_URL` are not handed on.
///   - onLine: Hears each line it writes.
///   - body: Works with the running program.
/// - Returns: What `body` returns, and the program's exit status: of one ended by a signal, minus the signal's number.
/// - Throws: What `body` throws; an error of the system if the program cannot be started.
@discardableResult
public func withProgram<Result: Sendable>(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = [:],
    onLine: (@Sendable (String) -> Void)? = nil, _ body: (RunningProgram) async throws -> Result
) async throws -> (value: Result, status: Int32) {
    var variables: [Environment.Key: String?] = ["DATABASE_URL": nil]
    for name in ProcessInfo.processInfo.environment.keys where name.hasPrefix("PG") {
        variables[Environment.Key(stringLiteral: name)] = .some(nil)
    }
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    let output = ProgramOutput(onLine: onLine)
    let outcome = try await Subprocess.run(
        .path(FilePath(path)), arguments: Arguments(arguments), environment: .inherit.updating(variables),
        // Held open: a program that ends with its input ends with this process, however that ends.
        input: .inputWriter, output: .sequence, error: .combinedWithOutput
    ) { execution in
        let program = RunningProgram(
            processID: Int32(execution.processIdentifier.value), output: output
        ) { try execution.send(signal: $0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let standardOutput = execution.standardOutput
            group.addTask {
                defer { output.finish() }
                for try await buffer in standardOutput {
                    buffer.withUnsafeBytes { output.append($0) }
                }
            }
            do {
                let result = try await body(program)
                program.send(.kill)
                try await group.waitForAll()
                return result
            } catch {
                program.send(.kill)
                throw error
            }
        }
    }
    let status: Int32 =
        switch outcome.terminationStatus {
        case .exited(let code): code
        case .signaled(let number): -number
        }
    return (outcome.closureResult, status)
}
