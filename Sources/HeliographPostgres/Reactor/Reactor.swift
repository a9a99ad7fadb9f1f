import Foundation
import Synchronization

/// One thread that waits for the sockets of all connections and resumes the task that waits for each.
///
/// Connections call libpq on their own actor, on whatever thread the caller runs, and come here only to wait: so a query costs
/// two thread wake-ups (socket to reactor, reactor to task) and never blocks one of Swift's cooperative threads.
final class Reactor<P: Poller>: Sendable {
    private let poller: P
    private let waiting = Mutex<[Int32: UnsafeContinuation<Bool, Never>]>([:])

    init(_ poller: P) {
        self.poller = poller
    }

    /// Starts the thread. It lives as long as the process.
    func start() {
        let thread = Thread { [self] in
            var ready: [Int32] = []
            while true {
                poller.wait(into: &ready)
                for descriptor in ready { resume(descriptor, isWatched: true) }
                ready.removeAll(keepingCapacity: true)
            }
        }
        thread.name = "heliograph-reactor"
        thread.start()
    }

    /// Suspends until the socket is ready, or `remove` is called for it.
    /// - Throws: `connectionLost` if the system cannot watch the socket.
    func wait(_ descriptor: Int32, for interest: Interest) async throws(PostgresError) {
        let isWatched: Bool = await withUnsafeContinuation { continuation in
            // Published first, armed second: the event may come before `arm` returns.
            let displaced = waiting.withLock { waiting in
                let previous = waiting[descriptor]
                waiting[descriptor] = continuation
                return previous
            }
            // Only one task waits for a connection; were there two, neither may hang.
            displaced?.resume(returning: true)
            if !poller.arm(descriptor, for: interest) { resume(descriptor, isWatched: false) }
        }
        // To come back as if it were ready would have the caller ask again and again.
        guard isWatched else { throw PostgresError(.connectionLost, "the system cannot watch the connection's socket") }
    }

    /// Forgets a socket that is about to be closed, and wakes who waits for it.
    func remove(_ descriptor: Int32) {
        poller.remove(descriptor)
        resume(descriptor, isWatched: true)
    }

    private func resume(_ descriptor: Int32, isWatched: Bool) {
        waiting.withLock { $0.removeValue(forKey: descriptor) }?.resume(returning: isWatched)
    }
}
