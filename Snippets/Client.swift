import Foundation
import HeliographPostgres
import Logging

enum Mood: String, PostgresCodable { case happy, sad }

/// What the client is used for, on a pool.
func example(_ pool: ConnectionPool, logger: Logger) async throws {
    // Values are bound, never text; what comes twice stays prepared on the server.
    let email = "ada@example.org"
    let users = Statement("SELECT id, created_at FROM users WHERE email = \(email)", as: (Int64, Date).self)
    for (id, createdAt) in try await pool.withConnection({ try await $0.query(users) }) { print(id, createdAt) }

    try await pool.transaction { connection in
        try await connection.query(
            "INSERT INTO notes (text, mood, price) VALUES (\("…"), \(Mood.happy), \(Decimal(12.5)))")
        try await connection.savepoint { try await $0.query("DELETE FROM notes WHERE mood = \(Mood.sad)") }
    }

    try await pool.withConnection { connection in
        // One round trip, each result in its own types.
        let (ids, counts) = try await connection.pipeline(
            Statement("SELECT id FROM users LIMIT 10", as: Int64.self),
            Statement("SELECT count(*) FROM books", as: Int.self)
        )
        print(ids, counts)

        // However many rows: only a chunk of them is in memory, and the server waits for the reader.
        try await connection.stream("SELECT id, title FROM books") { rows in
            for try await row in rows { print(try row.decode("title", as: String.self)) }
        }

        // COPY, in both directions.
        try await connection.copyIn("COPY books (title) FROM STDIN") { copy in
            for title in ["Emma", "Persuasion"] { try await copy.write(title + "\n") }
        }
    }

    try await NotificationListener.listen(on: ["news"], pool.configuration.connection, logger: logger) { events in
        for await event in events {
            switch event {
            case .notification(let notification): print(notification.payload)
            case .listening, .dropped: print("something may have been missed: look yourself")
            case .lost(let error): print("\(error); another connection is on its way")
            }
        }
    }
}
