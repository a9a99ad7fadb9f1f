import CBaseline
import Heliograph
import Logging

/// A backlog from its beginning, and small windows over logs of different lengths.
struct ReadingMeasure {
    let area: CaptureArea

    func run() async throws {
        let lengths = area.isQuick ? [100, 1_000] : [10_000, 5_000_000, 10_000_000]
        var small: [Double] = []
        var written = 0
        // An old transaction is open all the time.
        try await area.withConnection { holder in
            try await holder.query("CREATE TABLE IF NOT EXISTS held (id int)")
            try await holder.query("TRUNCATE heliograph.signal_log")
            try await holder.query("BEGIN")
            try await holder.query("INSERT INTO held VALUES (1)")
            for length in lengths {
                try await fill(from: written, to: length)
                written = length
                small.append(try await smallWindow())
                if length == lengths[1] { try await backlog(of: length) }
            }
            try await holder.query("ROLLBACK")
        }
        area.report.add("capture.reading.small", small[0], "us, a window of 10 records in \(lengths[0])", rounds: 1)
        area.report.add(
            "capture.reading.growth", (small.last ?? .nan) / small[0],
            "ratio of windows in \(lengths.last ?? 0) and \(lengths[0]) records",
            .atMost(1.5), rounds: 1)
    }

    /// Records of transactions of 20,000 each, whose numbers are long past; written by hand, since as many commits would take an hour.
    private func fill(from start: Int, to end: Int) async throws {
        try await area.withConnection { connection in
            let segment =
                try await connection.query("SELECT heliograph.current_segment()").first?.decode(0, as: Int32.self) ?? 1
            try await connection.query(
                """
                INSERT INTO heliograph.\(identifier: "signal_log_\(segment)") (xid, sender, operation, key, instance, lane_hash)
                SELECT (3 + n / 20000)::text::xid8, 'public.users', 'insert', json_build_object('id', n),
                    json_build_object('id', n, 'username', 'user', 'email', 'user@example.org', 'is_active', true), hashint8(n)
                FROM generate_series(\(Int64(start + 1)), \(Int64(end))) AS n
                """
            )
            try await connection.query("ANALYZE heliograph.\(identifier: "signal_log_\(segment)")")
        }
    }

    /// Microseconds for ten records that were just committed; the median of many.
    private func smallWindow() async throws -> Double {
        let reader = LogReader()
        return try await area.withConnection { connection in
            try await area.makeTable("r_small")
            try await Attachments().attach("r_small", on: connection)
            var times: [Double] = []
            for _ in 0..<(area.isQuick ? 3 : 60) {
                let (lo, _) = try await reader.takeSnapshot(on: connection)
                for _ in 0..<10 {
                    try await connection.query("INSERT INTO r_small (username, email) VALUES ('u', 'e')")
                }
                let start = baseline_now()
                let window = try await reader.read(from: lo, limit: 500, on: connection)
                times.append(Double(baseline_now() - start) / 1000)
                guard window.records.count == 10 else { throw WrongAnswer() }
            }
            return times.median
        }
    }

    private func backlog(of length: Int) async throws {
        let pool = ConnectionPool(.init(area.configuration, maximum: 2), logger: .init(label: "bench"))
        let bell = Bell(area.configuration, logger: .init(label: "bench"))
        var count = 0
        var most = 0.0
        let sample = try await Sample.take {
            let follower = LogFollower(pool: pool, bell: bell, batchSize: 2_000, logger: .init(label: "bench"))
            for try await event in follower.events(from: .beginning) {
                if case .record = event { count += 1 }
                if count % 50_000 == 0 { most = max(most, MemoryMeasure.residentMegabytes) }
                if case .caughtUp = event { break }
            }
        }
        await pool.shutDown()
        guard count >= length else { throw WrongAnswer() }
        area.report.add(
            "capture.reading.rate", Double(count) / sample.seconds, "records/s of a backlog of \(length)",
            .atLeast(200_000),
            rounds: 1)
        area.report.add(
            "capture.reading.memory", most, "MB resident at most", .atMost(64), rounds: 1)
    }
}
