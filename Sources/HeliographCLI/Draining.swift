import Heliograph
import ServiceLifecycle
import Synchronization

/// Does all there is to do and ends.
final class Draining: Service {
    private let worker: Worker
    private let result = Mutex<DrainReport?>(nil)

    init(worker: Worker) { self.worker = worker }

    /// What it has done; `nil` before its end.
    var report: DrainReport? { result.withLock(\.self) }

    func run() async throws {
        let report = try await worker.drain()
        result.withLock { $0 = report }
    }
}
