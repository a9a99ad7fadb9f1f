import BookshopClient
import Foundation
import Heliograph
import HeliographTesting
import Testing

/// A backend that is frozen answers nothing, not even a cancellation, and closes nothing: as a network that swallows all packets.
///
/// On servers of their own: a frozen backend holds up every CREATE and DROP DATABASE.
@Suite("A server that has frozen")
struct FrozenServerTests {
    /// Freezes these backends for the time of `body`.
    private func freezing(_ backends: [Int32], _ body: () async throws -> Void) async throws {
        for backend in backends { #expect(kill(backend, SIGSTOP) == 0) }
        defer { for backend in backends { kill(backend, SIGCONT) } }
        try await body()
    }

    /// The backends that a program has open.
    private func backends(of application: String, in fixture: Fixture) async throws -> [Int32] {
        try await fixture.withConnection { connection in
            try await connection.texts(
                "SELECT pid::text FROM pg_stat_activity WHERE application_name = \(application)"
            ).compactMap { Int32($0) }
        }
    }

    /// Starts a statement that runs until it is cancelled, and waits until it does.
    private func sleeper(on connection: Connection, in fixture: Fixture) async throws -> Task<Void, any Error> {
        let statement = Task { _ = try await connection.query("SELECT pg_sleep(600)") }
        try await fixture.untilRunning("SELECT pg_sleep(600)", on: connection)
        return statement
    }

    @Test("A cancelled statement comes back, at the price of its connection", .timeLimit(.minutes(10)))
    func cancelledStatement() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.withConnection { connection in
                let statement = try await sleeper(on: connection, in: fixture)
                try await freezing([connection.backendProcessID]) {
                    statement.cancel()
                    await #expect(throws: CancellationError.self) { try await statement.value }
                }
                #expect(await !connection.isOpen)
            }
        }
    }

    @Test("A pool gives such a connection up, and opens another one in its place", .timeLimit(.minutes(10)))
    func pool() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.withPool(maximum: 1) { pool in
                try await pool.withConnection { connection in
                    let statement = try await sleeper(on: connection, in: fixture)
                    try await freezing([connection.backendProcessID]) {
                        statement.cancel()
                        _ = await statement.result
                    }
                }
                #expect(pool.counts == (open: 0, idle: 0, waiting: 0))
                let row = try #require(try await pool.query("SELECT 1::int8").first)
                #expect(try row.decode(0, as: Int.self) == 1)
            }
        }
    }

    @Test("SIGTERM ends the Bookshop's programs, whatever their server does", .timeLimit(.minutes(10)))
    func programs() async throws {
        try await Fixture.onOwnServer { fixture in
            try await fixture.withServer(["--shutdown-deadline", "2"]) { api, server in
                #expect(try await api.send("GET", "/users").status == 200)
                try await fixture.withBookshopWorker("worker", ["--shutdown-deadline", "2"]) { worker in
                    // Its bell and its two subscriptions at least.
                    try await eventually("the worker's sessions") {
                        try await backends(of: "worker", in: fixture).count >= 3
                    }
                    let ofServer = try await backends(of: "bookshop-server", in: fixture)
                    #expect(!ofServer.isEmpty)
                    try await freezing(ofServer + backends(of: "worker", in: fixture)) {
                        // A request that waits for a frozen backend may be lost; the program ends all the same.
                        async let request = try? api.send("GET", "/users")
                        server.send(.terminate)
                        worker.send(.terminate)
                        try await server.ended()
                        try await worker.ended()
                        _ = await request
                    }
                }
            }
        }
    }
}
