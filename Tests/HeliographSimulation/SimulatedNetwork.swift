import HeliographWorker
import Synchronization

/// The way from one process to the log: slow at times, cut now and then; and the process itself, which can be cut off for a while or killed: then
/// nothing of it reaches the log any more, but what is on its way.
final class SimulatedNetwork: MemoryNetwork {
    private struct State {
        var isDead = false
        var cutOffUntil = ContinuousClock.now
        /// Those who wait though their process is dead: they go on when all is over.
        var buried: [UnsafeContinuation<Void, Never>] = []
        var isOver = false
        var stores: Set<Int> = []
        /// Until then requests are on their way that nobody waits for.
        var lateUntil = ContinuousClock.now
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
            state.withLock { $0.lateUntil = max($0.lateUntil, .now + delay) }
            Task {
                try? await Task.sleep(for: delay)
                request()
            }
            await pass()
            return false
        }
        return await isAlive()
    }

    /// Whether its process has not been killed.
    var isSound: Bool { state.withLock { !$0.isDead } }

    func connected(_ store: Int) { _ = state.withLock { $0.stores.insert(store) } }

    func hangUp(_ store: Int) {
        state.withLock { _ = $0.stores.remove(store) }
        end([store], within: weather.isFine ? .milliseconds(10) : .seconds(3))
    }

    /// Neither requests nor answers pass, until they all do. (Much as SIGSTOP and SIGCONT; but the process's clocks run on.)
    func cutOff(for time: Duration) { state.withLock { $0.cutOffUntil = .now + time } }

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

    /// Has the server end sessions when it finds out: what is still on its way to it comes first.
    private func end(_ stores: [Int], within time: Duration) {
        guard !stores.isEmpty else { return }
        let late = state.withLock { $0.lateUntil - .now }
        Task { [log] in
            try? await Task.sleep(for: max(.zero, late) + Chance.time(upTo: time))
            log.end(stores)
        }
    }

    private func pass() async { try? await Task.sleep(for: weather.latency) }

    /// Waits while the process is cut off; for ever when it is dead.
    private func isAlive() async -> Bool {
        while let left = state.withLock({ $0.cutOffUntil > .now ? $0.cutOffUntil - .now : nil }) {
            // Whoever cancels waits as well.
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
