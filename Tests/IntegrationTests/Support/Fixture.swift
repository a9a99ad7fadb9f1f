import Bookshop
import Heliograph
import HeliographTesting
import Logging

/// What nearly every test needs: a database of its own and ways to reach it.
struct Fixture: Sendable {
    let cluster: LocalCluster
    let database: TestDatabase
    let log = CapturedLog()

    var logger: Logger { log.logger }

    var configuration: ConnectionConfiguration { ConnectionConfiguration(database.connectionString) }

    /// Runs a test on a copy of a template; `nil` for an empty database.
    @discardableResult
    static func with<R>(
        _ template: TestDatabase.Template? = nil, _ body: (Fixture) async throws -> R
    ) async throws -> R {
        try await Slots.shared.with {
            let cluster = try await LocalCluster.shared
            return try await withTestDatabase(template: template) {
                try await body(Fixture(cluster: cluster, database: $0))
            }
        }
    }

    /// Runs a test on a server of its own, which it may stop, crash and restart.
    static func onOwnServer(
        _ template: TestDatabase.Template? = nil, settings: [String: String] = [:],
        network: LocalCluster.Network = .none, _ body: (Fixture) async throws -> Void
    ) async throws {
        try await Slots.shared.with {
            let cluster = try await LocalCluster.start(settings: settings, network: network)
            do {
                try await cluster.createDatabase("shop")
                let database = TestDatabase(name: "shop", connectionString: cluster.connectionString(database: "shop"))
                try await template?.prepare(database)
                try await body(Fixture(cluster: cluster, database: database))
                try await cluster.stop()
            } catch {
                try? await cluster.stop()
                throw error
            }
        }
    }

    /// Connects for the time of `body`.
    @discardableResult
    func withConnection<R>(
        applicationName: String = "test", _ body: (Connection) async throws -> R
    ) async throws -> R {
        var configuration = configuration
        configuration.applicationName = applicationName
        return try await Connection.with(configuration, logger: logger, body)
    }

    /// A pool for the time of `body`.
    @discardableResult
    func withPool<R>(maximum: Int = 4, _ body: (ConnectionPool) async throws -> R) async throws -> R {
        let pool = ConnectionPool(.init(configuration, maximum: maximum), logger: logger)
        do {
            let result = try await body(pool)
            await pool.shutDown()
            return result
        } catch {
            await pool.shutDown()
            throw error
        }
    }

    /// What another program would write, through `psql`; returns the rows as text.
    @discardableResult
    func psql(_ script: String) async throws -> String {
        try await cluster.psql(script, database: database.name)
    }

    /// Ends a session from the server's side, and waits until it is gone.
    func terminate(_ backend: Int32) async throws {
        try await withConnection { connection in
            try await connection.query("SELECT pg_terminate_backend(\(backend))")
            try await eventually("backend \(backend) to end") {
                try await connection.number("SELECT count(*) FROM pg_stat_activity WHERE pid = \(backend)") == 0
            }
        }
    }

    /// Waits until the server runs a statement for a connection. By its backend: the view shows all of the server, and so the
    /// statements of tests that run beside this one.
    func untilRunning(_ statement: String, on connection: Connection) async throws {
        try await eventually("the statement to run") {
            try await count(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE pid = \(connection.backendProcessID) AND query = \(statement) AND state = 'active'
                """) == 1
        }
    }

    /// One number from the database.
    func count(_ sql: SQL) async throws -> Int {
        try await withConnection { try await $0.number(sql) }
    }
}

extension Connection {
    /// The first column of the first row, an int8.
    func number(_ sql: SQL) async throws -> Int {
        guard let row = try await query(sql).first else { throw NoRow() }
        return try row.decode(0)
    }

    /// The first column of each row, as text.
    func texts(_ sql: SQL) async throws -> [String] {
        try await query(sql).map { try $0.decode(0) }
    }
}

struct NoRow: Error {}

extension TestDatabase.Template {
    /// The schema of the log.
    static let log = Self("log") { database in
        let connection = try await Connection.connect(ConnectionConfiguration(database.connectionString))
        try await Migrator().migrate(on: connection)
        await connection.close()
    }

    /// The Bookshop, set up.
    static let bookshop = Self("bookshop") { database in
        let connection = try await Connection.connect(ConnectionConfiguration(database.connectionString))
        try await BookshopSetup().run(on: connection)
        await connection.close()
    }
}
