import Dispatch
import Synchronization

/// Calls whoever's deadline has passed.
///
/// For deadlines that are nearly always dropped before they come: to set and to drop one is an entry in a dictionary, where a task that
/// sleeps and is cancelled wakes two threads, at the very moment when somebody has something better to do. One sleeps for all of
/// them, and looks for what is due when it wakes.
package final class Timekeeper: Sendable {
    private struct Deadline {
        let instant: ContinuousClock.Instant
        let strike: @Sendable () -> Void
    }

    private struct State {
        var deadlines: [UInt64: Deadline] = [:]
        var lastID: UInt64 = 0
        /// Not later than the first deadline.
        var wake: ContinuousClock.Instant?
        /// Counts them: one that has been replaced and wakes all the same does nothing.
        var wakes: UInt64 = 0
        var sleeper: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue?

    /// - Parameter queue: the name of a queue of its own on which it sleeps and strikes, also when Swift's own threads are all blocked; by
    ///   default it is a task.
    package init(onQueue queue: String? = nil) { self.queue = queue.map { DispatchQueue(label: $0) } }

    deinit { state.withLock(\.sleeper)?.cancel() }

    /// Sets a deadline that is so far away; as ``set(_:strike:)``. No limit is too long for it.
    package func set(after limit: Duration, strike: @escaping @Sendable () -> Void) -> UInt64 {
        set(.now + min(limit, Self.longest), strike: strike)
    }

    /// Some sixty years: longer than anybody waits, and within what clocks can count.
    private static let longest = Duration.seconds(2_000_000_000)

    /// Sets a deadline.
    /// - Parameter strike: called once when it has passed, unless it is dropped before, or about when it strikes; it must not take time.
    /// - Returns: what it is dropped by.
    package func set(_ instant: ContinuousClock.Instant, strike: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            state.deadlines[state.lastID] = Deadline(instant: instant, strike: strike)
            if state.wake.map({ instant < $0 }) ?? true { sleep(until: instant, &state) }
            return state.lastID
        }
    }

    /// Drops a deadline; does nothing if it has been struck.
    package func drop(_ id: UInt64) { state.withLock { _ = $0.deadlines.removeValue(forKey: id) } }

    private func sleep(until instant: ContinuousClock.Instant, _ state: inout State) {
        state.sleeper?.cancel()
        state.wake = instant
        state.wakes += 1
        let number = state.wakes
        guard let queue else {
            // Detached: of whoever happens to set a deadline it has nothing.
            state.sleeper = Task.detached { [weak self] in
                guard (try? await Task.sleep(until: instant, clock: .continuous)) != nil else { return }
                self?.strike(number)
            }
            return
        }
        let rest = max(.zero, instant - .now)
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: Int64(rest / .nanoseconds(1))))) { [weak self] in
            self?.strike(number)
        }
    }

    /// Strikes what is due, and sleeps until the next deadline.
    private func strike(_ number: UInt64) {
        let now = ContinuousClock.now
        let due = state.withLock { state -> [UInt64: Deadline] in
            guard state.wakes == number else { return [:] }
            let due = state.deadlines.filter { $0.value.instant <= now }
            for id in due.keys { state.deadlines[id] = nil }
            // It is the one that has woken.
            state.sleeper = nil
            if let next = state.deadlines.values.map(\.instant).min() {
                sleep(until: next, &state)
            } else {
                state.wake = nil
            }
            return due
        }
        for (_, deadline) in due.sorted(by: { $0.key < $1.key }) { deadline.strike() }
    }
}
