import Foundation
import Heliograph
import HeliographProgram
import HeliographTesting

/// The database of a demonstration, which goes away with it.
struct DemoDatabase: Sendable {
    /// Where it is, for people.
    let place: String
    let configuration: ConnectionConfiguration
    /// What the programs of the demonstration are started with.
    let environment: [String: String]
    let psql: Psql

    /// Runs `body` on a private cluster; where the environment names a server, in a new database there.
    static func with<R: Sendable>(_ body: @Sendable (DemoDatabase) async throws -> R) async throws -> R {
        let given: ConnectionConfiguration
        do {
            given = try .fromEnvironment(applicationName: "heliograph demo")
        } catch  where error.code == .notConfigured {
            return try await onPrivateCluster(body)
        }
        return try await onServer(given, body)
    }

    private static func onPrivateCluster<R: Sendable>(
        _ body: @Sendable (DemoDatabase) async throws -> R
    ) async throws -> R {
        let cluster = try await LocalCluster.start()
        do {
            try await cluster.createDatabase("bookshop")
            let result = try await body(
                try await make(
                    place: "a private PostgreSQL cluster in \(cluster.path)",
                    connectionString: cluster.connectionString(database: "bookshop"), environment: [:]
                )
            )
            try await cluster.stop()
            return result
        } catch {
            try? await cluster.stop()
            throw error
        }
    }

    private static func onServer<R: Sendable>(
        _ server: ConnectionConfiguration, _ body: @Sendable (DemoDatabase) async throws -> R
    ) async throws -> R {
        let name = "heliograph_demo_" + String(UInt32.random(in: .min ... .max), radix: 36)
        try await run("CREATE DATABASE \(identifier: name)", on: server)
        do {
            // Passwords and the like may be in libpq's own variables.
            let environment = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("PG") }
            let result = try await body(
                try await make(
                    place: "database \(name) on the given server",
                    connectionString: try server.connectionString(database: name), environment: environment
                )
            )
            try await drop(name, on: server)
            return result
        } catch {
            try? await drop(name, on: server)
            throw error
        }
    }

    private static func make(
        place: String, connectionString: String, environment: [String: String]
    ) async throws -> DemoDatabase {
        var environment = environment
        environment["DATABASE_URL"] = connectionString
        return DemoDatabase(
            place: place,
            configuration: ConnectionConfiguration(connectionString, applicationName: "heliograph demo"),
            environment: environment,
            psql: try await Psql.find(connectionString: connectionString, environment: environment)
        )
    }

    /// Also when the demonstration has been interrupted: in a task of its own, which is not cancelled.
    private static func drop(_ name: String, on server: ConnectionConfiguration) async throws {
        try await Task { try await run("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)", on: server) }.value
    }

    private static func run(_ sql: SQL, on server: ConnectionConfiguration) async throws {
        let connection = try await Connection.connect(server, logger: Terminal.logger("heliograph.demo"))
        do {
            try await connection.query(sql)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
}
