import Foundation
import Heliograph
import HeliographTesting

/// A save whose `preSave` looks whether the address is free, and whose `postSave` writes a profile: five statements.
///
/// The profile is written with COMMIT (`insertLater`), since nobody waits for its row, and the tasks run where answers arrive
/// (`Connection.executors`), as those of a service would. Beside Django, which does the same by its own signals, and pgbench, which sends the five statements one by one.
struct SaveMeasure {
    let area: SignalsArea
    let cluster: LocalCluster
    let peer: PythonPeer?

    struct Account: Model {
        var id: Int64?
        var username: String
        var email: String

        static let mapping = Mapping("bench_account", Account.init) {
            Key("id", \.id)
            Column("username", \.username)
            Column("email", \.email).unique()
        }
    }

    struct Portrait: Model {
        var id: Int64?
        var accountID: Int64
        var bio: String

        static let mapping = Mapping("bench_portrait", Portrait.init) {
            Key("id", \.id)
            Column("account_id", \.accountID).references(\Account.id, onDelete: .cascade)
            Column("bio", \.bio)
        }
    }

    private static let script = """
        \\set n random(1, 9000000000000000)
        BEGIN;
        SELECT FROM bench_account WHERE email = 'p' || :n LIMIT 1;
        INSERT INTO bench_account (username, email) VALUES ('user', 'p' || :n) RETURNING id, username, email \\gset
        INSERT INTO bench_portrait (account_id, bio) VALUES (:id, 'This is my bio.');
        COMMIT;
        """

    func run() async throws {
        let setup = ConnectionPool(.init(ConnectionConfiguration(target), maximum: 1), logger: Quiet.logger)
        try await Database(pool: setup).create(ModelSchema(Account.self, Portrait.self))
        await setup.shutDown()
        for isSynchronous in [true, false] {
            for clients in [1, 8] { try await measure(clients, isSynchronous) }
        }
    }

    private var target: String { cluster.connectionString() }

    private func measure(_ clients: Int, _ isSynchronous: Bool) async throws {
        var ours: [Double] = []
        var pgbench: [Double] = []
        var django: [Double] = []
        let bench = Pgbench(
            cluster: cluster, target: target, script: Self.script, clients: clients, isSynchronous: isSynchronous)
        for round in 0...area.saveRounds {
            try await cluster.psql("TRUNCATE bench_account, bench_portrait")
            let own = try await rate(clients, isSynchronous)
            let plain = try await bench.rate(seconds: 1)
            let saves = area.isQuick ? 20 : 400
            let other = try peer?.run("save \(clients) \(isSynchronous ? "on" : "off")", saves)
            if round == 0, !area.isQuick { continue }
            ours.append(own)
            pgbench.append(plain)
            if let other { django.append(Double(saves * clients) / other.seconds) }
            if area.isQuick { return }
        }
        let name = "signals.save.\(clients).\(isSynchronous ? "on" : "off")"
        let rounds = area.saveRounds
        area.report.add("\(name).rate", ours.median, "saves/s", rounds: rounds)
        area.report.add("\(name).pgbench.rate", pgbench.median, "transactions/s", rounds: rounds)
        area.report.add(
            "\(name).vs-pgbench", ours.median / pgbench.median, "ratio to pgbench -M prepared", .atLeast(1),
            rounds: rounds)
        area.report.add("\(name).django.rate", django.median, "saves/s", rounds: rounds)
        area.report.add(
            "\(name).vs-django", ours.median / django.median, "ratio to Django", .atLeast(5), rounds: rounds)
    }

    /// Saves a second, by so many tasks at once, over a second.
    private func rate(_ clients: Int, _ isSynchronous: Bool) async throws -> Double {
        let options = "options='-c synchronous_commit=\(isSynchronous ? "on" : "off")'"
        let pool = ConnectionPool(
            .init(ConnectionConfiguration("\(target) \(options)"), maximum: clients), logger: Quiet.logger)
        let signals = ModelSignals()
        signals.preSave(Account.self).connect("bench.email") { save in
            let taken = try await save.transaction.query(
                "SELECT FROM bench_account WHERE email = \(save.instance.email) LIMIT 1")
            if !taken.isEmpty { save.refuse(field: "email", code: "unique", message: "it is taken") }
        }
        signals.postSave(Account.self).connect("bench.portrait") { save in
            try await save.transaction.insertLater(Portrait(accountID: save.instance.id ?? 0, bio: "This is my bio."))
        }
        let database = Database(pool: pool, signals: signals)
        // Connections and prepared statements are there when the clock starts, as they are for the others.
        _ = try await Self.saves(5, clients, database)
        let seconds = area.isQuick ? 0.05 : 1.0
        var count = 0
        let sample = try await Sample.take { count = try await Self.saves(seconds, clients, database) }
        await pool.shutDown()
        return Double(count) / sample.seconds
    }

    private static func saves(_ count: Int, _ clients: Int, _ database: Database) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<clients {
                group.addTask(executorPreference: executor(client)) {
                    for _ in 0..<count { try await save(database) }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func saves(_ seconds: Double, _ clients: Int, _ database: Database) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<clients {
                group.addTask(executorPreference: executor(client)) {
                    var count = 0
                    while ContinuousClock.now < end {
                        try await save(database)
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }

    /// They are dealt out among the client's threads; pgbench has as many.
    private static func executor(_ client: Int) -> (any TaskExecutor)? {
        let executors = Connection.executors
        return executors.isEmpty ? nil : executors[client % executors.count]
    }

    private static func save(_ database: Database) async throws {
        var account = Account(username: "user", email: "s\(UInt64.random(in: 1...9_000_000_000_000_000))")
        try await database.save(&account)
    }
}
