import CBaseline
import Foundation
import Heliograph
import HeliographTesting
import Logging

/// From just before an INSERT that commits to another process: a LISTEN that hears a trigger's NOTIFY, and a follower that gets the
/// record. Quiet, and under load.
struct LatencyMeasure {
    let area: CaptureArea

    func run() async throws {
        for name in ["l_capture", "l_notify"] { try await area.makeTable(name) }
        try await area.withConnection { try await Attachments().attach("l_capture", on: $0) }
        let count = area.isQuick ? 5 : 60
        try await area.cluster.psql(
            """
            CREATE OR REPLACE FUNCTION notify_name() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_notify('plain', new.username); RETURN NULL; END $$;
            CREATE TRIGGER notify AFTER INSERT ON l_notify FOR EACH ROW EXECUTE FUNCTION notify_name();
            """
        )
        let own = try programPath("heliograph-bench")
        var bare: [Double] = []
        var ours: [Double] = []
        for round in 0...area.rounds {
            let plain = try await withProgram(own, ["--hear", area.target], environment: [:]) { program in
                try await program.line(containing: "listening")
                return try await latencies(count, program) { connection, mark in
                    try await connection.query("INSERT INTO l_notify (username, email) VALUES (\(mark), '')")
                }
            }.value
            let mirrored = try await withProgram(own, ["--follow", area.target], environment: [:]) { program in
                try await program.line(containing: "listening")
                return try await latencies(count, program) { connection, mark in
                    try await connection.query("INSERT INTO l_capture (username, email) VALUES (\(mark), '')")
                }
            }.value
            if round == 0 { continue }
            bare.append(plain.median)
            ours.append(mirrored.median)
        }
        area.report.add("capture.latency.notify.p50", bare.median, "us", rounds: area.rounds)
        area.report.add(
            "capture.latency.quiet", ours.median / bare.median, "ratio to LISTEN/NOTIFY", .atMost(2.2),
            rounds: area.rounds)
        try await load(own)
    }

    /// Under 2,000 commits a second by others.
    private func load(_ own: String) async throws {
        let seconds = area.isQuick ? 1 : 8
        let p99 = try await withProgram(own, ["--follow", area.target], environment: [:]) { program in
            try await program.line(containing: "listening")
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("load-\(UUID().uuidString).sql")
            try "INSERT INTO l_capture (username, email) VALUES ('load', 'load@example.org');".write(
                to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let arguments = [
                "-n", "-M", "prepared", "-c", "8", "-j", "1", "-R", "2000", "-T", "\(seconds)", "-f", file.path,
                area.target,
            ]
            return try await withProgram("\(area.cluster.programsPath)/pgbench", arguments, environment: [:]) { _ in
                // After the pump has taken over.
                try await Task.sleep(for: .milliseconds(500))
                let count = area.isQuick ? 5 : 400
                let times = try await latencies(count, program, pause: .milliseconds(10)) { connection, mark in
                    try await connection.query("INSERT INTO l_capture (username, email) VALUES (\(mark), '')")
                }
                return times.sorted()[Int(Double(times.count) * 0.99)]
            }.value
        }.value
        area.report.add(
            "capture.latency.load.p99", p99 / 1000, "ms at 2000 commits/s", .atMost(25), rounds: 1)
    }

    /// Microseconds between sending and what the program says it heard, by the clock that processes share.
    private func latencies(
        _ count: Int, _ program: RunningProgram, pause: Duration = .milliseconds(20),
        _ send: (Connection, String) async throws -> Void
    ) async throws -> [Double] {
        try await area.withConnection { connection in
            var sent: [String: UInt64] = [:]
            for number in 0..<count {
                let mark = "m\(number)-\(UInt32.random(in: 0 ... .max))"
                sent[mark] = baseline_now()
                try await send(connection, mark)
                try await Task.sleep(for: pause)
            }
            var times: [Double] = []
            for (mark, start) in sent {
                let line = try await program.line(containing: mark + " ")
                guard let end = line.split(separator: " ").last.flatMap({ UInt64($0) }) else { throw WrongAnswer() }
                times.append(Double(end - start) / 1000)
            }
            return times
        }
    }
}
