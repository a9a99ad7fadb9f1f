import CBaseline
import Foundation
import HeliographPostgres

/// From just before a sender's NOTIFY to the listener: a thread with poll in C, an awaiting task here.
struct NotifyMeasure {
    let area: DriverArea

    func run() async throws {
        let count = area.isQuick ? 20 : 1_000
        let connection = try await area.connect()
        try await connection.query("LISTEN swift")
        var c: [Double] = []
        var swift: [Double] = []
        try await area.withBaseline { listener in
            try checked(baseline_run(listener, "LISTEN c"))
            for round in 0...area.rounds {
                let plain = try await latency(count, "c") {
                    var times = [UInt64](repeating: 0, count: count)
                    try checked(baseline_receive(listener, Int32(count), &times))
                    return times
                }
                let ours = try await latency(count, "swift") {
                    var times: [UInt64] = []
                    while times.count < count {
                        for _ in try await connection.nextNotifications() { times.append(baseline_now()) }
                    }
                    return times
                }
                if round == 0 { continue }
                c.append(plain)
                swift.append(ours)
            }
        }
        await connection.close()
        area.report.add("driver.notify.c.p50", c.median / 1000, "us", rounds: area.rounds)
        area.report.add(
            "driver.notify.latency", swift.median / c.median, "ratio to C", .atMost(1.3), rounds: area.rounds)
    }

    /// The median of the times between sending, by a thread of C, and `receive`.
    private func latency(_ count: Int, _ channel: String, _ receive: () async throws -> [UInt64]) async throws -> Double
    {
        let target = area.target
        async let sent = Self.send(count, to: channel, target: target)
        let arrived = try await receive()
        return zip(arrived, try await sent).map { $0 - $1 }.median
    }

    private static func send(_ count: Int, to channel: String, target: String) async throws -> [UInt64] {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: it blocks.
            Thread.detachNewThread {
                var times = [UInt64](repeating: 0, count: count)
                guard let session = baseline_open(target),
                    baseline_notify(session, channel, Int32(count), 300, &times) == 0
                else {
                    continuation.resume(throwing: BaselineError())
                    return
                }
                baseline_close(session)
                continuation.resume(returning: times)
            }
        }
    }
}
