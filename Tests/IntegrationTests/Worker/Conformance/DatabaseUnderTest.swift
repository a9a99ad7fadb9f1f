import Heliograph
import HeliographTesting

struct DatabaseUnderTest: LogUnderTest {
    let effects: Effects

    private var fixture: Fixture { effects.fixture }

    func insert(_ ids: [Int64]) async throws {
        try await fixture.withConnection { _ = try await $0.query("INSERT INTO t SELECT unnest(\(ids)::int8[])") }
    }

    func update(_ id: Int64, v: Int64) async throws { try await fixture.psql("UPDATE t SET v = \(v) WHERE id = \(id)") }

    func delete(_ id: Int64) async throws { try await fixture.psql("DELETE FROM t WHERE id = \(id)") }

    func insert(_ id: Int64, depth: Int) async throws {
        try await fixture.psql(
            "BEGIN; SELECT heliograph.set_context(depth => \(depth)); INSERT INTO t VALUES (\(id)); COMMIT")
    }

    func drain(_ subscriptions: [Subscription]) async throws -> DrainReport { try await worker(subscriptions).drain() }

    func worker(_ subscriptions: [Subscription]) -> Worker {
        Worker(subscriptions, database: fixture.configuration, configuration: .forTests, logger: fixture.logger)
    }

    /// All of the table: the suite has one subscription with effects at a time.
    func effects(of subscription: String) async throws -> [Effect] {
        try await fixture.withConnection { connection in
            try await connection.query("SELECT key, v::int8, record FROM effect ORDER BY number").map {
                Effect(key: try $0.decode(0), v: try $0.decode(1), record: try $0.decode(2))
            }
        }
    }

    func parked(of subscription: String) async throws -> [(id: Int64, key: Int64, isDead: Bool, errors: Int)] {
        try await fixture.withConnection { connection in
            try await connection.query(
                """
                SELECT d.id, (d.key ->> 'id')::int8, d.state = 'dead',
                    (SELECT count(*) FROM heliograph.attempt AS a WHERE a.delivery = d.id)
                FROM heliograph.delivery AS d JOIN heliograph.subscription AS s ON s.id = d.subscription
                WHERE s.name = \(subscription) ORDER BY d.id
                """
            ).map { (try $0.decode(0), try $0.decode(1), try $0.decode(2), try $0.decode(3)) }
        }
    }

    private func run(_ sql: SQL) async throws {
        try await fixture.withConnection { _ = try await $0.query(sql) }
    }

    func retry(_ ids: [Int64], of subscription: String) async throws {
        try await run("SELECT heliograph.retry_deliveries(\(ids))")
    }

    func discard(_ ids: [Int64], of subscription: String) async throws {
        try await run("SELECT heliograph.discard_deliveries(\(ids))")
    }

    func setPaused(_ isPaused: Bool, _ subscription: String) async throws {
        try await run("SELECT heliograph.set_subscription_state(\(subscription), \(isPaused ? "paused" : "active"))")
    }

    func rewind(_ subscription: String, to record: Int64?) async throws {
        try await run("SELECT heliograph.rewind(\(subscription), NULL, \(record))")
    }
}
