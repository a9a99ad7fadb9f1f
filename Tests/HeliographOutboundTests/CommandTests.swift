import Foundation
import Testing

@testable import HeliographOutbound

@Suite("Delivery to a command", .timeLimit(.minutes(1)))
struct CommandTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#, #"{"name":"é"}"#], attempt: 3)
    private let output: Scratch
    private let errors: Scratch

    init() throws {
        output = try Scratch()
        errors = try Scratch()
    }

    private func command(_ text: String) throws -> Command {
        try Command(text, configuration: .init(standardOutput: output.handle, standardError: errors.handle))
    }

    @Test("It reads the records as lines, and exits with 0")
    func lines() async throws {
        try await command("cat").deliver(batch)
        #expect(try output.text == "{\"id\":1}\n{\"name\":\"é\"}\n")
        #expect(try errors.text.isEmpty)
    }

    @Test("It is told the batch and the attempt, beside what this program's environment says")
    func environment() async throws {
        try await command(#"printf '%s|%s|%s' "$HELIOGRAPH_BATCH_ID" "$HELIOGRAPH_ATTEMPT" "$PATH""#).deliver(batch)
        #expect(try output.text == "batch-1|3|\(ProcessInfo.processInfo.environment["PATH"] ?? "")")
    }

    @Test(
        "It may leave the records unread, or read only some",
        arguments: ["exit 0", "head -c 10 > /dev/null", "exec <&-"])
    func unread(text: String) async throws {
        // More than a pipe holds.
        let lines = Array(repeating: #"{"text":"\#(String(repeating: "x", count: 1 << 16))"}"#, count: 64)
        try await command("\(text); echo done").deliver(OutboundBatch(id: "large", lines: lines))
        #expect(try output.text == (text == "exit 0" ? "" : "done\n"))
    }

    @Test("It gets all of a large batch")
    func large() async throws {
        let lines = (0..<20_000).map { #"{"id":\#($0)}"# }
        try await command("wc -l | tr -d ' '").deliver(OutboundBatch(id: "large", lines: lines))
        #expect(try output.text == "20000\n")
    }

    @Test(
        "Any other status is a failure, with the last line of standard error",
        arguments: [1, 75, 100, 127, 255] as [Int32])
    func status(status: Int32) async throws {
        let failure = try await failure {
            try await command(#"echo first >&2; printf 'last \033[1mwords\n\n' >&2; exit \#(status)"#).deliver(batch)
        }
        #expect(failure.reason == "the command exited with status \(status): last \u{FFFD}[1mwords")
        #expect(failure.exitStatus == status)
        #expect(!failure.isPermanent && failure.retryAfter == nil && failure.statusCode == nil)
        #expect(try errors.text == "first\nlast \u{1B}[1mwords\n\n")
    }

    @Test("Much on standard error passes through, and 200 bytes of the last line are quoted")
    func manyErrors() async throws {
        let failure = try await failure {
            try await command("yes 0123456789 | head -c 1100000 >&2; printf '%0300d' 0 >&2; exit 1").deliver(batch)
        }
        #expect(failure.reason == "the command exited with status 1: " + String(repeating: "0", count: 200))
        #expect(try errors.data.count == 1_100_300)
    }

    @Test("A command that a signal ends, and one that there is not")
    func signal() async throws {
        let killed = try await failure { try await command("kill -9 $$").deliver(batch) }
        #expect(killed.reason == "the command was ended by signal 9")
        #expect(killed.exitStatus == -9)
        let missing = try await failure { try await command("no-such-program-here").deliver(batch) }
        #expect(missing.exitStatus == 127)
        #expect(missing.reason.contains("no-such-program-here"))
    }

    @Test("Signals that this program ignores are not ignored by the command")
    func defaultSignals() async throws {
        // Without SIGPIPE, yes would complain of an error.
        try await command("yes | head -n 1 > /dev/null").deliver(batch)
        #expect(try errors.text.isEmpty)
    }

    @Test("Many at once")
    func concurrent() async throws {
        let batches = (0..<20).map { OutboundBatch(id: "batch-\($0)", lines: [String($0)]) }
        let command = try command("cat; exit $(($HELIOGRAPH_ATTEMPT - 1))")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for batch in batches { group.addTask { try await command.deliver(batch) } }
            try await group.waitForAll()
        }
        #expect(Set(try output.numbers) == Set(0..<20))
    }

    @Test("A batch that cannot be a variable does not run")
    func badBatch() async throws {
        let failure = try await failure { try await command("echo ran").deliver(OutboundBatch(id: "a\0b", lines: [])) }
        #expect(failure.isPermanent)
        #expect(try output.text.isEmpty)
    }

    @Test("Commands and time-outs that cannot be meant")
    func targets() throws {
        #expect(try complaint { _ = try Command(" \n") }.contains("empty"))
        #expect(try complaint { _ = try Command("a\0b") }.contains("zero byte"))
        #expect(try complaint { _ = try Command("cat", configuration: .init(timeout: .zero)) }.contains("time-out"))
        #expect(try complaint { _ = try Command("cat", configuration: .init(grace: .seconds(-1))) }.contains("grace"))
    }
}
