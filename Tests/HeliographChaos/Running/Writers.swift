import Heliograph
import HeliographTesting

/// Sessions that write to the captured table at random: inserts, updates, deletions, new keys, savepoints, rollbacks.
struct Writers: Sendable {
    let arena: Arena
    let seed: UInt64
    var count = 3
    /// Keys from 1.
    var keys: Int64 = 150
    /// Milliseconds between two transactions of a session, at most.
    var pace: Int
    /// Whether transactions stay open for a while before they commit, so that later ones commit earlier.
    var isSlowToCommit = false

    /// A session writes no more than that.
    private static let maximumTransactions = 20_000

    /// Writes until `isOver` is set. A lost connection is made again.
    func run(until isOver: Switch) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count { group.addTask { try await self.write(number, until: isOver) } }
            try await group.waitForAll()
        }
    }

    private func write(_ number: Int, until isOver: Switch) async throws {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 7_919)
        var left = Self.maximumTransactions
        while !isOver.isSet, left > 0 {
            do {
                try await arena.withConnection(name: "writer") { connection in
                    while !isOver.isSet, left > 0 {
                        left -= 1
                        try await transact(&generator, on: connection)
                        try await Task.sleep(for: .milliseconds(Int.random(in: 1...max(1, pace), using: &generator)))
                    }
                }
            } catch is PostgresError {
                // The server is gone, or refuses: it is tried again, at the writer's own pace.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func transact(_ generator: inout SeededGenerator, on connection: Connection) async throws {
        do {
            try await connection.query("BEGIN")
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let isTaken = Int.random(in: 0..<5, using: &generator) > 0
                let isInSavepoint = Int.random(in: 0..<4, using: &generator) == 0
                if isInSavepoint { try await connection.query("SAVEPOINT part") }
                try await connection.query(statement(&generator))
                if isInSavepoint {
                    try await connection.query(isTaken ? "RELEASE SAVEPOINT part" : "ROLLBACK TO SAVEPOINT part")
                }
            }
            if isSlowToCommit, Bool.random(using: &generator) {
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...40, using: &generator)))
            }
            try await connection.query(Int.random(in: 0..<7, using: &generator) == 0 ? "ROLLBACK" : "COMMIT")
        } catch let error as PostgresError where error.code == .server && !error.isConnectionLoss {
            // A deadlock, or a key that is there already.
            await connection.rollBack()
            guard await connection.isOpen else { throw error }
        }
    }

    private func statement(_ generator: inout SeededGenerator) -> SQL {
        let key = Int64.random(in: 1...keys, using: &generator)
        let amount = Int64.random(in: 1...1_000, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            return """
                INSERT INTO account (id, amount) SELECT k, \(amount) FROM generate_series(\(key), \(key + 3)) AS k
                ON CONFLICT DO NOTHING
                """
        case 1, 2:
            return """
                INSERT INTO account AS a (id, amount) VALUES (\(key), \(amount))
                ON CONFLICT (id) DO UPDATE SET amount = a.amount + excluded.amount
                """
        case 3: return "INSERT INTO account (id, amount) VALUES (\(key), \(amount))"
        case 4: return "DELETE FROM account WHERE id = \(key)"
        case 5: return "UPDATE account SET id = \(key) WHERE id = \(key % keys + 1)"
        case 6: return "UPDATE account SET amount = amount + 1 WHERE id BETWEEN \(key) AND \(key + 4)"
        default: return "UPDATE account SET amount = amount + \(amount) WHERE id = \(key)"
        }
    }
}
