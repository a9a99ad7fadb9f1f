import CBaseline
import Foundation
import HeliographPostgres
import HeliographTesting

@main
struct HeliographBench {
    static func main() async throws { try await go() }
    @concurrent static func go() async throws {
        let target = ProcessInfo.processInfo.environment["BENCH_DB"] ?? ""
        let n = 20000
        let c = baseline_open(target)
        let connection = try await Connection.connect(.init(target))
        @Sendable func swift(_ name: String) async throws {
            var lat: [UInt64] = []
            lat.reserveCapacity(n)
            var cpu = baseline_cpu()
            for i in 0..<n {
                let t = baseline_now()
                let rows = try await connection.query("SELECT \(Int64(i))::int8 + 1")
                let v: Int64 = try rows[0].decode(0)
                precondition(v == i + 1)
                lat.append(baseline_now() - t)
            }
            cpu = baseline_cpu() - cpu
            lat.sort()
            print(
                name, "p50", lat[n / 2] / 1000, "p99", lat[n * 99 / 100] / 1000, "cpu/q us",
                Double(cpu) / Double(n) / 1000)
        }
        if let mode = ProcessInfo.processInfo.environment["MODE"] {
            if mode == "c" { for _ in 0..<5 { _ = baseline_select(c, Int32(n), nil) } }
            if mode == "on" {
                for _ in 0..<5 {
                    try await withTaskExecutorPreference(Connection.executor) { try await swift("Sw-on") }
                }
            }
            if mode == "off" { for _ in 0..<5 { try await swift("Sw-off") } }
            return
        }
        for _ in 0..<3 {
            var lat = [UInt64](repeating: 0, count: n)
            var cpu = baseline_cpu()
            _ = baseline_select(c, Int32(n), &lat)
            cpu = baseline_cpu() - cpu
            lat.sort()
            print(
                "C     p50", lat[n / 2] / 1000, "p99", lat[n * 99 / 100] / 1000, "cpu/q us",
                Double(cpu) / Double(n) / 1000)
            try await swift("Swift")
            try await withTaskExecutorPreference(Connection.executor) { try await swift("Sw-on") }
        }
    }
}
