import HeliographTesting
import Testing

/// The product's own loops, led by a seed: see docs/simulation.md. `make simulate` runs more seeds.
@Suite("Simulation: workers, network, clock and schedule by a seed")
struct SimulationTests {
    private static func run(_ arguments: String...) async throws -> (lines: [String], status: Int32) {
        let (lines, status) = try await withProgram(programPath("heliograph-simulation"), arguments) { program in
            try await program.ended()
            return program.lines
        }
        return (lines, status)
    }

    #if os(Linux)
        @Test("Nothing is lost, doubled, out of order or stuck", .timeLimit(.minutes(5)), arguments: [1, 41])
        func exactlyOnce(_ seed: Int) async throws {
            let (lines, status) = try await Self.run("--seed", "\(seed)", "--count", "40")
            #expect(
                status == 0 && lines.last?.hasPrefix("40 seeds, 0 failed") == true, "\(lines.joined(separator: "\n"))")
        }

        @Test("A seed does the same again, also in another process and after other seeds", .timeLimit(.minutes(5)))
        func replay() async throws {
            let first = try await Self.run("--seed", "5", "--count", "1", "--verbose")
            let second = try await Self.run("--seed", "4", "--count", "2", "--verbose")
            #expect(first.status == 0 && second.status == 0 && second.lines.count == 3)
            #expect(first.lines.first == second.lines.dropFirst().first && first.lines.first != second.lines.first)
            #expect(first.lines.first?.contains("digest") == true)
        }

        @Test(
            "A worker without a rule is caught", .timeLimit(.minutes(5)),
            arguments: [
                ("commit-ignored", ["lost"]), ("place-first", ["lost"]), ("effects-first", ["doubled"]),
                ("unfenced", ["doubled", "out of order"]), ("parked-forgotten", ["out of order"]),
                ("by-number", ["lost"]), ("backfill-first", ["lost"]),
            ])
        func caught(_ flaw: String, _ harms: [String]) async throws {
            // From here on each of them is caught within seconds; the seeds before take half a minute with some.
            let (lines, status) = try await Self.run(
                "--check-checker", "--flaw", flaw, "--seed", "3", "--count", "40")
            #expect(status == 0 && lines.last?.hasPrefix("\(flaw): caught by seed") == true)
            #expect(harms.contains { lines.last?.contains(": \($0): ") == true }, "\(lines)")
        }
    #endif
}
