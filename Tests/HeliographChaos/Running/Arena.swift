import Heliograph
import HeliographTesting

/// A server and a database on it, for one scenario.
struct Arena: Sendable {
    /// What a scenario needs of its server.
    struct Needs: Sendable {
        /// Whether it may be stopped and killed, and has settings of its own.
        var isPrivate = false
        var settings: [String: String] = [:]
        var network = LocalCluster.Network.none

        /// A database on a server that others use as well.
        static let database = Needs()
        /// A server of its own.
        static let server = Needs(isPrivate: true)
    }

    let cluster: LocalCluster
    let database: String

    /// How to reach it, by the server's socket.
    var target: String { cluster.connectionString(database: database) }

    /// Commits are timed, to see the order of effects by that of their commits; deadlocks are not waited for long.
    private static let settings = ["track_commit_timestamp": "on", "deadlock_timeout": "100ms", "max_wal_size": "4GB"]

    static func startCluster(_ needs: Needs = .database) async throws -> LocalCluster {
        try await LocalCluster.start(
            settings: settings.merging(needs.settings) { _, own in own }, network: needs.network)
    }

    /// Of databases that several scenarios copy.
    static let template = "chaos_template"

    /// - Parameter template: a database to copy; without one the tables are made.
    @discardableResult
    static func make(on cluster: LocalCluster, database: String, template: String? = nil) async throws -> Arena {
        try await cluster.createDatabase(database, template: template)
        let arena = Arena(cluster: cluster, database: database)
        if template == nil { try await arena.withConnection { try await Schema.prepare(on: $0) } }
        return arena
    }

    @discardableResult
    func withConnection<R>(name: String = "chaos", _ body: (Connection) async throws -> R) async throws -> R {
        try await Connection.with(ConnectionConfiguration(target, applicationName: name), body)
    }
}
