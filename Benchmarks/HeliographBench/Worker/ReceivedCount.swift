import Foundation
import Synchronization

/// Counts what this process receives, and says when it has all.
final class ReceivedCount: Sendable {
    /// Where the process is told how many there will be.
    static let variable = "HELIOGRAPH_BENCH_RECORDS"
    static let line = "received all"

    private let expected = ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? .max
    private let received = Mutex(0)

    func add(_ count: Int) {
        let isLast = received.withLock { received in
            defer { received += count }
            return received < expected && received + count >= expected
        }
        guard isLast else { return }
        print(Self.line)
        fflush(nil)
    }
}
