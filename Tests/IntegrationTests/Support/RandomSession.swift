import Heliograph
import HeliographTesting

/// A session that runs random transactions over the tables `owners`, `things` and `marks`; what fails is rolled back.
struct RandomSession {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    func run(_ fixture: Fixture, transactions: Int) async throws {
        var session = self
        try await fixture.withConnection { connection in
            try await connection.query("SET lock_timeout = '200ms'")
            for _ in 0..<transactions {
                try await connection.query("BEGIN")
                do {
                    for _ in 0..<session.number(1...4) { try await connection.query(SQL(unsafe: session.statement())) }
                    if session.number(1...3) == 1 {
                        try await connection.query("SAVEPOINT s")
                        try await connection.query(SQL(unsafe: session.statement()))
                        if session.number(1...2) == 1 { try await connection.query("ROLLBACK TO s") }
                    }
                    try await connection.query(session.number(1...4) == 1 ? "ROLLBACK" : "COMMIT")
                } catch let error as PostgresError where error.code == .server {
                    // A constraint, a deadlock, a lock that others hold.
                    try await connection.query("ROLLBACK")
                }
            }
        }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    private mutating func statement() -> String {
        let (one, two, three) = (number(1...12), number(1...12), number(1...12))
        return switch number(1...100) {
        case ...18:
            "INSERT INTO owners VALUES (\(one), 'v\(two)', \(two).\(three)0, now()) ON CONFLICT (id) DO UPDATE SET v = excluded.v, n = excluded.n"
        case ...26:
            "UPDATE owners SET id = id + 100 WHERE id = \(one) AND NOT EXISTS (SELECT FROM owners WHERE id = \(one) + 100)"
        case ...32: "UPDATE owners SET id = id - 100 WHERE id = \(one) + 100"
        case ...40:
            "UPDATE owners SET n = n * 1.01, at = at + interval '1 microsecond' WHERE id BETWEEN \(one) AND \(two)"
        case ...46: "DELETE FROM owners WHERE id = \(one)"
        case ...64:
            "INSERT INTO things SELECT \(one), 'b\(two)', id, \(three % 2 == 0 ? "NULL" : "id"), '\\x0\(three % 10)ff' FROM owners ORDER BY random() LIMIT 1 ON CONFLICT DO NOTHING"
        case ...70: "UPDATE things SET b = b || 'x', v = NULL WHERE a = \(one)"
        case ...74: "UPDATE things SET a = a + 1 WHERE a BETWEEN \(one) AND \(two) AND b = 'b\(three)'"
        case ...78: "DELETE FROM things WHERE a = \(one) AND b LIKE 'b\(two)%'"
        case ...92:
            "INSERT INTO marks (a, b, j) SELECT a, b, '{\"k\": \(one)}' FROM things ORDER BY random() LIMIT \(two)"
        case ...97: "UPDATE marks SET j = NULL WHERE id % 12 = \(one)"
        case ...99: "DELETE FROM marks WHERE id % 12 = \(one)"
        default: "TRUNCATE marks"
        }
    }
}
