import BookshopClient
import Heliograph
import HeliographTesting

/// The Bookshop's programs, as processes beside a test.
extension Fixture {
    private var environment: [String: String] { ["DATABASE_URL": database.connectionString] }

    /// Runs `bookshop-server` on a free port for the time of `body`.
    func withServer(
        _ arguments: [String] = [], _ body: (BookshopClient, RunningProgram) async throws -> Void
    ) async throws {
        try await withProgram(
            programPath("bookshop-server"), ["--port", "0", "--until-end-of-input"] + arguments,
            environment: environment
        ) { program in
            let line = try await program.line(containing: "listens on")
            guard let url = line.split(separator: " ").last, let client = BookshopClient(url: String(url)) else {
                throw UnknownAddress(line: line)
            }
            try await body(client, program)
        }
    }

    /// Runs `bookshop-worker` for the time of `body`.
    func withBookshopWorker(
        _ name: String = "worker", _ arguments: [String] = [], _ body: (RunningProgram) async throws -> Void
    ) async throws {
        try await withProgram(
            programPath("bookshop-worker"), ["--name", name, "--until-end-of-input"] + arguments,
            environment: environment
        ) { program in
            try await program.line(containing: "works on")
            try await body(program)
        }
    }

    /// Runs the command line to its end: its exit status and what it wrote.
    func heliograph(
        _ arguments: [String], url: String? = nil, environment variables: [String: String] = [:]
    ) async throws -> (status: Int32, lines: [String]) {
        let environment = ["DATABASE_URL": url ?? database.connectionString].merging(variables) { $1 }
        let outcome = try await withProgram(programPath("heliograph"), arguments, environment: environment) { program in
            try await program.ended()
            return program.lines
        }
        return (outcome.status, outcome.value)
    }
}

struct UnknownAddress: Error { let line: String }
