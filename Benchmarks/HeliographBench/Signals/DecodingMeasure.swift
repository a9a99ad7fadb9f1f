import Foundation
import Heliograph
import HeliographTesting

/// 100,000 rows of five columns as models, beside the same columns read by hand.
struct DecodingMeasure {
    let area: SignalsArea
    let cluster: LocalCluster

    struct Item: Model {
        var id: Int64?
        var name: String
        var email: String
        var isActive: Bool
        var createdAt: Date

        static let mapping = Mapping("bench_item", Item.init) {
            Key("id", \.id)
            Column("name", \.name)
            Column("email", \.email)
            Column("is_active", \.isActive)
            Column("created_at", \.createdAt)
        }
    }

    func run() async throws {
        let pool = ConnectionPool(
            .init(ConnectionConfiguration(cluster.connectionString()), maximum: 1), logger: Quiet.logger)
        let database = Database(pool: pool)
        let count = area.isQuick ? 1_000 : 100_000
        try await database.create(ModelSchema(Item.self))
        try await cluster.psql(
            """
            INSERT INTO bench_item (name, email, is_active, created_at)
            SELECT 'name ' || n, 'user' || n || '@example.org', n % 2 = 0, '2026-01-01Z'::timestamptz + n * interval '1 s'
            FROM generate_series(1, \(count)) AS n;
            VACUUM ANALYZE bench_item
            """)
        var byHand: [Double] = []
        var models: [Double] = []
        for round in 0...area.rounds {
            let hand = try await Sample.take {
                let items = try await pool.withConnection { connection in
                    try await connection.query(
                        Statement("SELECT id, name, email, is_active, created_at FROM bench_item") { row in
                            try Item(
                                id: row.decode(0), name: row.decode(1), email: row.decode(2), isActive: row.decode(3),
                                createdAt: row.decode(4))
                        })
                }
                guard items.count == count else { throw WrongAnswer() }
            }
            let ours = try await Sample.take {
                let items = try await database.all(Item.query)
                guard items.count == count else { throw WrongAnswer() }
            }
            if round > 0 || area.isQuick {
                byHand.append(hand.seconds)
                models.append(ours.seconds)
            }
            if area.isQuick { break }
        }
        await pool.shutDown()
        if area.isQuick { return }
        area.report.add("signals.decoding.by-hand", byHand.median * 1000, "ms", rounds: area.rounds)
        area.report.add(
            "signals.decoding.time", models.median / byHand.median, "ratio to reading the columns by hand",
            .atMost(1.5),
            rounds: area.rounds)
    }
}
