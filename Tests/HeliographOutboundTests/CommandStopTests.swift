import Foundation
import Testing

@testable import HeliographOutbound

/// Ends that commands do not choose themselves. `wait` is the shell's own, so that traps run at once.
@Suite("Commands that have to be ended", .timeLimit(.minutes(1)))
struct CommandStopTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#])
    private let output: Scratch
    private let errors = LinePipe()

    init() throws { output = try Scratch() }

    private func command(
        _ text: String, timeout: Duration = .seconds(50), grace: Duration = .seconds(5)
    ) throws -> Command {
        try Command(
            text,
            configuration: .init(
                timeout: timeout, grace: grace, standardOutput: output.handle, standardError: errors.writer))
    }

    /// Neither running nor waiting to be buried.
    private func isGone(_ process: Int32) -> Bool { kill(process, 0) != 0 && errno == ESRCH }

    /// Cancels a delivery when its command says that it is ready.
    private func cancelWhenReady(_ command: Command) async throws {
        let delivery = Task { try await command.deliver(batch) }
        await errors.wait(for: "ready")
        delivery.cancel()
        await #expect(throws: CancellationError.self) { try await delivery.value }
    }

    /// What a command fails with that takes too long.
    ///
    /// - Parameter count: How many processes it tells of, of which none is left. A busy machine gets more time to start
    ///   them.
    private func tooLong(
        _ text: String, grace: Duration = .seconds(5), processes count: Int
    ) async throws -> OutboundFailure {
        var processes: [Int32] = []
        for timeout in [1, 4, 16].map({ Duration.seconds($0) }) {
            let command = try command(text, timeout: timeout, grace: grace)
            let before = try output.numbers.count
            let failure = try await failure { try await command.deliver(batch) }
            #expect(failure.reason == "the command took longer than \(timeout) and was ended")
            #expect(!failure.isPermanent)
            processes = try Array(output.numbers.dropFirst(before))
            #expect(processes.allSatisfy(isGone))
            if processes.count == count { return failure }
        }
        throw OutboundFailure("it has not started all of its processes in time, only \(processes)")
    }

    @Test("A command that takes too long is ended with its children")
    func timeout() async throws {
        let failure = try await tooLong(
            "sleep 100 & echo $!; (sleep 100 & echo $!; wait) & echo $!; echo $$; wait", processes: 4)
        #expect(failure.exitStatus == -SIGTERM)
    }

    @Test("A command that ignores SIGTERM is killed with its children")
    func stubborn() async throws {
        let failure = try await tooLong(
            "trap '' TERM; sleep 100 & echo $!; echo $$; wait; wait; sleep 100", grace: .milliseconds(100),
            processes: 2)
        #expect(failure.exitStatus == -SIGKILL)
    }

    @Test("A cancelled command may still clean up, and is waited for")
    func cancelled() async throws {
        try await cancelWhenReady(
            try command("trap 'echo cleaning >&2; echo 12345; exit 0' TERM; sleep 100 & echo ready >&2; wait"))
        #expect(try output.numbers == [12345])
        await errors.wait(for: "cleaning")
    }

    @Test("A cancelled command that ignores SIGTERM is killed, its children too")
    func cancelledStubborn() async throws {
        let start = ContinuousClock.now
        try await cancelWhenReady(
            try command(
                "trap '' TERM; sleep 100 & echo $!; echo $$; echo ready >&2; wait; sleep 100", grace: .milliseconds(200)
            ))
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        #expect(try output.numbers.count == 2)
        #expect(try output.numbers.allSatisfy(isGone))
    }

    @Test("A child that ignores SIGTERM is killed though the shell has ended")
    func stubbornChild() async throws {
        try await cancelWhenReady(
            try command(
                "(trap '' TERM; echo ready >&2; sleep 100; sleep 100) & echo $!; echo $$; wait",
                grace: .milliseconds(200)))
        #expect(try output.numbers.count == 2)
        #expect(try output.numbers.allSatisfy(isGone))
    }

    @Test("A child that cleans up after SIGTERM has the time for it, though the shell has ended")
    func cleanChild() async throws {
        try await cancelWhenReady(
            try command(
                """
                (trap 'sleep 0.3; echo 12345; exit' TERM; sleep 100 & echo ready >&2; wait) &
                trap 'exit 1' TERM; wait
                """))
        #expect(try output.numbers == [12345])
    }

    @Test("What an acknowledging command leaves behind is ended", arguments: ["", "2> /dev/null", "> /dev/null 2>&1"])
    func leftBehind(redirection: String) async throws {
        try await command("sleep 100 \(redirection) & echo $!; exit 0").deliver(batch)
        #expect(try output.numbers.count == 1)
        #expect(try output.numbers.allSatisfy(isGone))
    }

    @Test("A command that closes its standard error is still waited for, and still ended")
    func closed() async throws {
        try await command("exec 2>&-; sleep 0.2; echo 7").deliver(batch)
        #expect(try output.numbers == [7])
        let failure = try await failure {
            try await command("exec 2>&-; sleep 100", timeout: .milliseconds(500)).deliver(batch)
        }
        #expect(failure.reason.contains("took longer"))
    }

    @Test("A delivery that is cancelled before it begins runs nothing")
    func early() async throws {
        let command = try command("echo 1")
        let delivery = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await command.deliver(batch)
        }
        await #expect(throws: CancellationError.self) { try await delivery.value }
        #expect(try output.text.isEmpty)
    }

    @Test("A command that ends with 0 because it was told to end has not acknowledged")
    func forced() async throws {
        let failure = try await tooLong("trap 'exit 0' TERM; sleep 100 & echo $$; wait", processes: 1)
        #expect(failure.exitStatus == 0)
    }
}
