import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Delivers batches to a shell command: the records on standard input, one JSON value a line.
///
/// ```swift
/// let command = try Command("jq -r .instance.email >> signups.txt")
/// try await command.deliver(OutboundBatch(id: "mailing-17", lines: [#"{"id":17}"#]))
/// ```
///
/// The command runs as `/bin/sh -c`, with this program's environment and `HELIOGRAPH_BATCH_ID` and
/// `HELIOGRAPH_ATTEMPT`. Its exit status 0 acknowledges the batch, whether it has read all of it or not.
///
/// The command and its children are a process group of their own. Those left when the shell has ended, has taken too
/// long, or is no longer wanted, get SIGTERM and, if need be, SIGKILL.
public struct Command: Sendable {
    let shellCommand: String
    let configuration: Configuration

    /// A command. Nothing runs yet.
    ///
    /// - Parameters:
    ///   - shellCommand: What the shell runs.
    ///   - configuration: How long it may take, and where its output goes.
    /// - Throws: ``OutboundTargetError`` if the command or the configuration cannot be used.
    public init(
        _ shellCommand: String, configuration: Configuration = Configuration()
    ) throws(OutboundTargetError) {
        guard shellCommand.contains(where: { !$0.isWhitespace }) else {
            throw OutboundTargetError("the command is empty: give one such as 'cat >> records.jsonl'")
        }
        guard !shellCommand.utf8.contains(0) else {
            throw OutboundTargetError("the command holds a zero byte: take it out")
        }
        try configuration.check()
        self.shellCommand = shellCommand
        self.configuration = configuration
    }

    /// Delivers a batch. Returning means that the command has acknowledged it.
    ///
    /// None of the command's processes is left when this returns, however it does, unless one has left the process
    /// group.
    ///
    /// - Throws: ``OutboundFailure`` if it was not acknowledged; `CancellationError`.
    public func deliver(_ batch: OutboundBatch) async throws {
        try batch.check()
        try Task.checkCancellation()
        let (stops, stop) = AsyncStream.makeStream(of: CommandStop.self)
        // A task of its own, so that cancellation asks the command to end and then still waits for it. Not a detached
        // one, and not left alone.
        let supervision = Task { await supervise(batch, stops, stop) }
        let outcome = await withTaskCancellationHandler {
            await supervision.value
        } onCancel: {
            stop.yield(.cancelled)
        }
        switch outcome.stop {
        case .cancelled: throw CancellationError()
        case .timedOut:
            throw OutboundFailure(
                "the command took longer than \(configuration.timeout) and was ended",
                exitStatus: try? outcome.result.get().status)
        case nil, .leftBehind: break
        }
        let end = try outcome.result.get()
        guard end.status != 0 else { return }
        let what = end.status > 0 ? "exited with status \(end.status)" : "was ended by signal \(-end.status)"
        throw OutboundFailure(
            "the command \(what)" + (end.lastLine.isEmpty ? "" : ": \(end.lastLine)"), exitStatus: end.status)
    }

    /// Runs the shell to its end.
    ///
    /// - Throws: ``OutboundFailure`` if it cannot be started.
    func run(_ batch: OutboundBatch, in group: ProcessGroup) async throws(OutboundFailure) -> CommandEnd {
        var options = PlatformOptions()
        options.processGroupID = 0
        let passOn = configuration.standardError
        do {
            let input = try await CommandInput.open(batch.jsonLines)
            defer { input.end() }
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", shellCommand],
                environment: .inherit.updating([
                    "HELIOGRAPH_BATCH_ID": batch.id, "HELIOGRAPH_ATTEMPT": String(batch.attempt),
                ]),
                platformOptions: options,
                input: .fileDescriptor(FileDescriptor(rawValue: input.descriptor), closeAfterSpawningProcess: true),
                output: .fileDescriptor(
                    FileDescriptor(rawValue: configuration.standardOutput.fileDescriptor),
                    closeAfterSpawningProcess: false),
                error: .sequence
            ) { execution in
                group.start(execution.processIdentifier.value)
                var tail = OutputTail()
                // Ends with the shell, even if a child of it still holds the pipe.
                for try await buffer in execution.standardError {
                    let data = buffer.withUnsafeBytes { Data($0) }
                    tail.append(data)
                    // Nowhere to show it is no reason to fail.
                    try? passOn.write(contentsOf: data)
                }
                return tail.lastLine
            }
            return CommandEnd(result.terminationStatus, lastLine: result.closureResult)
        } catch {
            throw OutboundFailure("the command cannot be run: " + PrintableText.text(of: "\(error)".utf8))
        }
    }
}
