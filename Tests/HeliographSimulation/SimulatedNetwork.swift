import HeliographWorker
import Synchronization

/// The way from one process to the log: slow at times, cut now and then; and the process itself, which can be frozen or killed: then
/// nothing of it reaches the log any more, but what is on its way.
final class SimulatedNetwork: MemoryNetwork {
    private struct State {
        var isDead = false
        var frozenUntil = ContinuousClock.now
        /// Those who wait though their process is dead: they go on when all is over.
        var buried: [UnsafeContinuation<Void, Never>] = []
        var isOver = false
        var stores: Set<Int> = []
    }

    private let log: MemoryLog
    private let weather: Weather
    private let state = Mutex(State())

    init(_ log: MemoryLog, _ weather: Weather) {
        self.log = log
        self.weather = weather
    }

    func carry(_ request: @escaping @Sendable () -> Void) async -> Bool {
        guard await isAlive() else { return false }
        switch weather.fate {
        case .answered:
            await pass()
            request()
            await pass()
        case .lost:
            await pass()
            return false
        case .unanswered:
            await pass()
            request()
            await pass()
            return false
        case .late(let delay):
            Task {
                try? await Task.sleep(for: delay)
                request()
            }
            await pass()
            return false
        }
        return await isAlive()
    }

    func connected(_ store: Int) { _ = state.withLock { $0.stores.insert(store) } }

    func hangUp(_ store: Int) {
        state.withLock { _ = $0.stores.remove(store) }
        end([store], within: weather.isFine ? .milliseconds(10) : .seconds(3))
    }

    /// As SIGSTOP, and SIGCONT later.
    func freeze(for time: Duration) { state.withLock { $0.frozenUntil = .now + time } }

    /// As SIGKILL: the server ends the sessions when it finds out.
    func kill() {
        let stores = state.withLock { state in
            state.isDead = true
            defer { state.stores = [] }
            return state.stores.sorted()
        }
        end(stores, within: .seconds(3))
    }

    /// As `pg_terminate_backend()`: whoever used it finds out when he asks for something.
    func terminateOne() {
        guard let store = state.withLock({ $0.stores.sorted().randomElement() }) else { return }
        log.end([store])
    }

    /// Lets the dead rest: all that still wait are told that the connection is lost.
    func finish() {
        let buried = state.withLock { state in
            state.isDead = true
            state.isOver = true
            defer { state.buried = [] }
            return state.buried
        }
        for continuation in buried { continuation.resume() }
    }

    private func end(_ stores: [Int], within time: Duration) {
        guard !stores.isEmpty else { return }
        Task { [log] in
            try? await Task.sleep(for: Chance.time(upTo: time))
            log.end(stores)
        }
    }

    private func pass() async { try? await Task.sleep(for: weather.latency) }

    /// Waits while the process is frozen; for ever when it is dead.
    private func isAlive() async -> Bool {
        while let left = state.withLock({ $0.frozenUntil > .now ? $0.frozenUntil - .now : nil }) {
            // Whoever cancels is frozen as well.
            await Task { try? await Task.sleep(for: left) }.value
        }
        guard state.withLock(\.isDead) else { return true }
        await withUnsafeContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.buried.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
        return false
    }
}
