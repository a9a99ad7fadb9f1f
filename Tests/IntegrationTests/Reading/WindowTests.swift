import Heliograph
import Testing

/// Reading by snapshots: each committed record in exactly one window, whenever it commits.
@Suite("Reading by snapshot windows")
struct WindowTests {
    private static let table = "CREATE TABLE t (id int PRIMARY KEY);"
    private let reader = LogReader()

    /// Reads adjoining windows as a reader does, and keeps their place.
    private final class Cursor {
        var lo: Snapshot
        init(_ lo: Snapshot) { self.lo = lo }
    }

    /// The keys of a window's records; the next one begins where it ends.
    private func next(_ cursor: Cursor, on connection: Connection, limit: Int = 1000) async throws -> [String] {
        var window = try await reader.read(from: cursor.lo, limit: limit, on: connection)
        var records = window.records
        while !window.isComplete {
            window = try await reader.read(
                from: cursor.lo, to: window.hi, after: records.last?.id ?? 0, limit: limit, on: connection
            )
            records += window.records
        }
        cursor.lo = window.hi
        return records.map { $0.key ?? "truncate" }
    }

    @Test("Two transactions that commit in the other order than their ids: both are delivered, once")
    func otherOrder() async throws {
        try await Captured.with(Self.table) { t in
            try await t.fixture.withConnection { reading in
                let cursor = Cursor(.beginning)
                try await t.fixture.withConnection { first in
                    try await t.fixture.withConnection { second in
                        try await first.query("BEGIN")
                        try await first.query("INSERT INTO t VALUES (1)")
                        try await second.query("BEGIN")
                        try await second.query("INSERT INTO t VALUES (2)")
                        #expect(try await next(cursor, on: reading) == [])
                        try await second.query("COMMIT")
                        #expect(try await next(cursor, on: reading) == [#"{"id":2}"#])
                        #expect(try await next(cursor, on: reading) == [])
                        // Its id is lower than one that has been read: a reader by ids would never see it.
                        try await first.query("COMMIT")
                        #expect(try await next(cursor, on: reading) == [#"{"id":1}"#])
                        #expect(try await next(cursor, on: reading) == [])
                    }
                }
            }
        }
    }

    @Test("A transaction that is open for the whole time holds nobody up, and comes when it commits")
    func longTransaction() async throws {
        try await Captured.with(Self.table) { t in
            try await t.fixture.withConnection { reading in
                try await t.fixture.withConnection { open in
                    let cursor = Cursor(.beginning)
                    try await open.query("BEGIN")
                    try await open.query("INSERT INTO t VALUES (0)")
                    for id in 1...20 {
                        try await t.fixture.withConnection { try await $0.query("INSERT INTO t VALUES (\(Int32(id)))") }
                        #expect(try await next(cursor, on: reading) == [#"{"id":\#(id)}"#])
                    }
                    try await open.query("SAVEPOINT s")
                    try await open.query("INSERT INTO t VALUES (100)")
                    try await open.query("RELEASE s")
                    try await open.query("COMMIT")
                    #expect(try await next(cursor, on: reading) == [#"{"id":0}"#, #"{"id":100}"#])
                }
            }
        }
    }

    @Test("What is rolled back is never read, and its ids leave no gap for the reader")
    func rolledBack() async throws {
        try await Captured.with(Self.table) { t in
            try await t.fixture.withConnection { reading in
                let cursor = Cursor(.beginning)
                try await t.write(
                    """
                    BEGIN; INSERT INTO t SELECT generate_series(1, 50); ROLLBACK;
                    INSERT INTO t VALUES (51);
                    BEGIN; INSERT INTO t VALUES (52); ROLLBACK;
                    """
                )
                #expect(try await next(cursor, on: reading) == [#"{"id":51}"#])
            }
        }
    }

    @Test("A window that is larger than a batch is read in several, while others commit", arguments: [1, 2, 7, 50])
    func batches(limit: Int) async throws {
        try await Captured.with(Self.table) { t in
            try await t.fixture.withConnection { reading in
                try await t.write("INSERT INTO t SELECT generate_series(1, 50)")
                let first = try await reader.read(from: .beginning, limit: limit, on: reading)
                try await t.write("INSERT INTO t SELECT generate_series(51, 60)")
                var records = first.records
                var window = first
                while !window.isComplete {
                    window = try await reader.read(
                        from: .beginning, to: first.hi, after: records.last?.id ?? 0, limit: limit, on: reading
                    )
                    records += window.records
                }
                #expect(records.compactMap(\.key) == (1...50).map { #"{"id":\#($0)}"# })
                let rest = try await reader.read(from: first.hi, limit: 100, on: reading)
                #expect(rest.records.compactMap(\.key) == (51...60).map { #"{"id":\#($0)}"# })
            }
        }
    }

    @Test(
        "A large window is read in the order of ids, whichever transaction they are of",
        arguments: [1, 2, 3, 4, 9, 10, 11],
        [true, false])
    func othersBetween(limit: Int, isOneOpen: Bool) async throws {
        try await Captured.with(Self.table) { t in
            try await t.fixture.withConnection { reading in
                try await t.fixture.withConnection { late in
                    try await t.fixture.withConnection { first in
                        if isOneOpen {
                            try await late.query("BEGIN")
                            try await late.query("INSERT INTO t VALUES (1), (2)")
                        }
                        let cursor = Cursor(try await reader.takeSnapshot(on: reading).snapshot)
                        // It has the lower number of the two, and writes behind the other one.
                        try await first.query("BEGIN")
                        try await first.query("SELECT pg_current_xact_id()")
                        try await t.write("INSERT INTO t SELECT generate_series(3, 6)")
                        try await first.query("INSERT INTO t SELECT generate_series(7, 10)")
                        try await first.query("COMMIT")
                        if isOneOpen { try await late.query("COMMIT") }
                        let keys = ((isOneOpen ? 1 : 3)...10).map { #"{"id":\#($0)}"# }
                        #expect(try await next(cursor, on: reading, limit: limit) == keys)
                        #expect(try await next(cursor, on: reading, limit: limit) == [])
                    }
                }
            }
        }
    }

    @Test("A snapshot of a transaction that has written is no cursor: its own records would never come")
    func ownSnapshot() async throws {
        try await Captured.with(Self.table) { t in
            try await t.fixture.withConnection { connection in
                try await connection.query("BEGIN")
                _ = try await reader.takeSnapshot(on: connection)
                try await connection.query("INSERT INTO t VALUES (1)")
                let error = await #expect(throws: PostgresError.self) { try await reader.takeSnapshot(on: connection) }
                #expect(error?.sqlState == "HG002")
                await connection.rollBack()
            }
        }
    }

    @Test("Prepared transactions come when they are committed")
    func prepared() async throws {
        try await Captured.with(Self.table, AttachOptions(ringsBell: false)) { t in
            try await t.fixture.withConnection { reading in
                let cursor = Cursor(.beginning)
                try await t.write("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'windows'")
                #expect(try await next(cursor, on: reading) == [])
                try await t.write("INSERT INTO t VALUES (2)")
                #expect(try await next(cursor, on: reading) == [#"{"id":2}"#])
                try await t.write("COMMIT PREPARED 'windows'")
                #expect(try await next(cursor, on: reading) == [#"{"id":1}"#])
            }
        }
    }

    /// Writers, savepoints and rollbacks at random, readers with batches at random: the truth is in the table.
    @Test(
        "Under concurrent writers each committed row is read exactly once, in the order of its own writes",
        .timeLimit(.minutes(10)))
    func concurrentWriters() async throws {
        try await Captured.with("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);") { t in
            let isOver = Flag()
            let read = try await withThrowingTaskGroup(of: [Record].self) { group in
                group.addTask {
                    try await withThrowingTaskGroup(of: Void.self) { writers in
                        for writer in 0..<4 {
                            writers.addTask {
                                try await t.fixture.withConnection { connection in
                                    for step in 0..<60 {
                                        let id = Int32(writer * 1000 + step)
                                        let statements: [SQL] = [
                                            "BEGIN", "INSERT INTO t VALUES (\(id), 0)", "SAVEPOINT s",
                                            "UPDATE t SET v = v + 1 WHERE id = \(id)",
                                            step % 3 == 0 ? "ROLLBACK TO s" : "RELEASE s",
                                            "UPDATE t SET v = v + 10 WHERE id = \(id)",
                                            step % 5 == 0 ? "ROLLBACK" : "COMMIT",
                                        ]
                                        try await connection.pipeline(statements)
                                    }
                                }
                            }
                        }
                        try await writers.waitForAll()
                    }
                    isOver.set()
                    return []
                }
                group.addTask {
                    try await t.fixture.withConnection { connection in
                        var records: [Record] = []
                        var lo = Snapshot.beginning
                        while true {
                            // Looked at before the window: the last one is read after the last commit.
                            let isLast = isOver.isSet
                            var window = try await reader.read(from: lo, limit: 1 + records.count % 9, on: connection)
                            records += window.records
                            while !window.isComplete {
                                window = try await reader.read(
                                    from: lo, to: window.hi, after: records.last?.id ?? 0, limit: 1 + records.count % 9,
                                    on: connection
                                )
                                records += window.records
                            }
                            lo = window.hi
                            if isLast { return records }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let byKey = Dictionary(grouping: read) { $0.key ?? "" }
            let truth = try await t.fixture.withConnection {
                try await $0.query("SELECT id, v FROM t").decode(as: (Int32.self, Int32.self))
            }
            #expect(byKey.count == truth.count)
            #expect(Set(read.map(\.id)).count == read.count, "a record was read twice")
            for (id, v) in truth {
                let records = byKey[#"{"id":\#(id)}"#] ?? []
                #expect(records.first?.operation == .insert)
                #expect(records.last?.instance == #"{"id":\#(id),"v":\#(v)}"#)
                #expect(records.map(\.id) == records.map(\.id).sorted())
                #expect(records.count == (v == 11 ? 3 : 2))
            }
        }
    }
}
