import Heliograph
import Logging

/// A worker of a few lines: sound, unless it is told to have a flaw. It shows that the checker finds what it should,
/// and nothing else.
struct HandMadeWorker {
    let plan: WorkerPlan
    let flaw: Flaw?
    let logger: Logger

    private static let filter = RecordFilter(sources: [
        .init(sender: WorkerPlan.sender, operations: [.insert, .update, .delete])
    ])
    private static let limit = 40
    private static let pace = Duration.milliseconds(10)
    /// How often the sound one tries a record.
    private static let tries = 100

    private var ledger: Ledger { Ledger(receiver: .hand, plan: plan) }

    /// Runs until its process ends.
    func run() async throws {
        let work = try await Connection.connect(plan.database)
        let reading = try await Connection.connect(plan.database)
        let mood = Mood(plan: plan)
        var memory: Place?
        var failed: [Change] = []
        while !Task.isCancelled {
            try await work.query("BEGIN")
            let place: Place
            if flaw == .memoryCursor, let memory { place = memory } else { place = try await read(on: work) }
            let (changes, next) = try await changes(after: place, on: reading)
            memory = next
            // A window that has been read in part is left behind even if the rest of it is empty, or it would be read for ever.
            if changes.isEmpty, failed.isEmpty, place.hi == nil {
                try await work.query("ROLLBACK")
                try await Task.sleep(for: Self.pace)
                continue
            }
            if flaw == .commitBeforeEffect {
                try await write(next, over: place, on: work)
                try await work.query("COMMIT")
                try await work.query("BEGIN")
            }
            let late = failed
            failed = try await apply(changes, mood, on: flaw == .effectOutsideTransaction ? reading : work)
            failed += try await apply(late, mood, on: work)
            if flaw != .commitBeforeEffect, flaw != .memoryCursor { try await write(next, over: place, on: work) }
            try await work.query("COMMIT")
        }
    }

    // MARK: Place

    private func read(on connection: Connection) async throws -> Place {
        let lock: SQL = flaw == .noLockNoVersion ? "" : "FOR UPDATE"
        let rows = try await connection.query("SELECT lo, hi, last_id, version FROM hand_place \(lock)")
        guard let row = rows.first else { throw Mishap(cause: "without a place") }
        let hi: String? = try row.decode(1)
        return Place(
            lo: Snapshot(try row.decode(0)), hi: hi.map { Snapshot($0) }, lastID: try row.decode(2),
            version: try row.decode(3))
    }

    private func write(_ next: Place, over place: Place, on connection: Connection) async throws {
        let condition: SQL = flaw == .noLockNoVersion ? "true" : "version = \(place.version)"
        let rows = try await connection.query(
            """
            UPDATE hand_place SET lo = \(next.lo.text), hi = \(next.hi?.text), last_id = \(next.lastID),
                version = version + 1
            WHERE \(condition)
            """)
        if rows.affectedRows != 1 { throw Mishap(cause: "with a place that somebody has moved") }
    }

    private func changes(after place: Place, on connection: Connection) async throws -> ([Change], Place) {
        var next = place
        if flaw == .idCursor {
            let rows = try await connection.query(
                """
                SELECT id, operation, (instance ->> 'id')::int8,
                    (instance ->> 'version')::int8 + CASE operation WHEN 'delete' THEN 1 ELSE 0 END
                FROM heliograph.signal_log WHERE id > \(place.lastID) ORDER BY id LIMIT \(Self.limit)
                """)
            let changes = try rows.map { row in
                Change(
                    key: try row.decode(2), version: try row.decode(3), operation: try row.decode(1),
                    record: try row.decode(0))
            }
            next.lastID = changes.last?.record ?? place.lastID
            return (changes, next)
        }
        let reader = LogReader()
        let window: Window
        if let hi = place.hi {
            window = try await reader.read(
                from: place.lo, to: hi, after: place.lastID, Self.filter, limit: Self.limit, on: connection)
        } else {
            window = try await reader.read(from: place.lo, Self.filter, limit: Self.limit, on: connection)
        }
        if window.isComplete {
            (next.lo, next.hi, next.lastID) = (window.hi, nil, 0)
        } else {
            (next.hi, next.lastID) = (window.hi, window.records.last?.id ?? place.lastID)
        }
        return (try window.records.map(Change.init), next)
    }

    // MARK: Effects

    /// - Returns: those to be done later.
    private func apply(_ changes: [Change], _ mood: Mood, on connection: Connection) async throws -> [Change] {
        var failed: [Change] = []
        for change in changes {
            for attempt in 1... {
                do {
                    try await applyOnce(change, mood, on: connection)
                    break
                } catch let error as Mishap where attempt < Self.tries {
                    logger.info("a record failed", metadata: ["error": "\(error)"])
                    if flaw == .swallowErrors { break }
                    if flaw == .unorderedRetry {
                        failed.append(change)
                        break
                    }
                }
            }
        }
        return failed
    }

    private func applyOnce(_ change: Change, _ mood: Mood, on connection: Connection) async throws {
        if plan.slowness > 0 { try await Task.sleep(for: .milliseconds(plan.slowness)) }
        if mood.isBad { throw Mishap(cause: "by chance") }
        try await connection.query(ledger.entry(change))
        try await connection.query(ledger.count(change))
    }
}
