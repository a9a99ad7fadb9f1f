import Heliograph
import HeliographTesting

/// A backlog of which the end is far away: whether its last tenth goes as fast as its first, and what the worker keeps in memory.
struct LongMeasure {
    let area: WorkerArea

    func run() async throws {
        let backlog = Backlog(area: area, contestant: .long)
        try await area.register(.long)
        try await backlog.insert()
        // Else the server would do so by itself, and write all this to the disk, in the first tenth or later.
        try await area.withConnection(.long) { connection in
            try await connection.query("VACUUM ANALYZE")
            try await connection.query("CHECKPOINT")
        }
        let tenth = backlog.count / 10
        try await area.withWorker(.long) { program in
            var marks = [ContinuousClock.now]
            for number in [1, tenth, backlog.count - tenth] {
                marks.append(try await backlog.progress(to: number))
            }
            marks.append(try await backlog.progress(to: backlog.count))
            try await backlog.finish()
            if area.isQuick { return }
            let seconds = zip(marks.dropFirst(), marks).map { ($0 - $1) / .seconds(1) }
            let (first, last) = (Double(tenth) / seconds[1], Double(tenth) / seconds[3])
            let what = "a backlog of \(backlog.count)"
            func add(_ name: String, _ value: Double, _ unit: String, _ goal: Measure.Goal = .none) {
                area.report.add(name, value, unit, goal, rounds: 1)
            }
            add("worker.long.start", seconds[0], "s from the process's start to the first Profile, \(what)")
            add("worker.long.first", first, "profiles/s, first tenth of \(what)")
            add("worker.long.last", last, "profiles/s, last tenth of \(what)")
            add("worker.long", last / first, "ratio of the last tenth to the first", .atLeast(0.9))
            add(
                "worker.long.memory", try ProcessUsage.peakMegabytes(of: program.processID),
                "MB resident at most, \(what)", .atMost(100))
        }
    }
}
