import Foundation
import Synchronization

/// One thread that waits for the sockets of many connections and resumes the task that waits for each; and a task executor, for
/// tasks that would rather run where their answers arrive.
///
/// Connections call libpq on their own actor, on whatever thread the caller runs, and come here only to wait: so a query costs
/// two thread wake-ups (socket to reactor, reactor to task) and never blocks one of Swift's cooperative threads. For a task that
/// runs here it costs one.
final class Reactor<P: Poller>: TaskExecutor {
    /// What is known of a watched socket.
    private enum Watch {
        case quiet
        /// Something arrived while nobody waited.
        case ready
        case awaited(UnsafeContinuation<Bool, Never>)
        /// The other side has closed, which is told once: before each further wait one looks anew.
        case ended
    }

    private struct Lookout {
        var watch = BusyWatch(patience: 6)
        var ready: [ReadyEvent] = []
    }

    private struct Jobs {
        var waiting: [UnownedJob] = []
        var isAsleep = false
    }

    /// Of statements' answers, whichever thread they come to; not of what may never come, such as notifications.
    let waits: WaitCount
    private let poller: P
    /// By descriptor.
    private let watches = Mutex<[Watch?]>([])
    private let jobs = Mutex(Jobs())
    /// Jobs that are to run here, and the one that runs.
    private let unfinished = Atomic<Int>(0)
    /// Held by the one that looks for all.
    private let lookout = Mutex(Lookout())
    /// The reactor's own thread, by ``currentThread``; 0 before it runs.
    private let thread = Atomic<UInt>(0)

    /// Which of the process's reactors it is.
    let number: Int

    init(_ poller: P, number: Int = 0, waits: WaitCount = WaitCount()) {
        self.poller = poller
        self.number = number
        self.waits = waits
    }

    /// Starts the thread. It lives as long as the process.
    func start() {
        let thread = Thread { [self] in
            self.thread.store(currentThread, ordering: .relaxed)
            var ready: [ReadyEvent] = []
            var turn: [UnownedJob] = []
            while true {
                let isIdle = runJobs(&turn)
                poller.wait(into: &ready, mayBlock: isIdle)
                if isIdle { jobs.withLock { $0.isAsleep = false } }
                signal(&ready)
            }
        }
        thread.name = "heliograph-io"  // Linux takes 15 characters
        thread.start()
    }

    /// Runs what is to be run here; but not for ever, while sockets wait.
    /// - Returns: whether nothing is left, so that the thread may sleep.
    private func runJobs(_ turn: inout [UnownedJob]) -> Bool {
        for _ in 0..<16 {
            let isIdle = jobs.withLock { jobs in
                swap(&jobs.waiting, &turn)
                jobs.isAsleep = turn.isEmpty
                return turn.isEmpty
            }
            if isIdle { return true }
            for job in turn {
                job.runSynchronously(on: asUnownedTaskExecutor())
                unfinished.subtract(1, ordering: .relaxed)
            }
            turn.removeAll(keepingCapacity: true)
        }
        return false
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unfinished.add(1, ordering: .relaxed)
        let wakes = jobs.withLock { jobs in
            jobs.waiting.append(job)
            defer { jobs.isAsleep = false }
            return jobs.isAsleep
        }
        if wakes { poller.wakeUp() }
    }

    /// Whether the current thread is the reactor's, and something else is to run on it.
    var isNeededHere: Bool { isOnOwnThread && unfinished.load(ordering: .relaxed) > 1 }

    /// Whether the current thread is the reactor's.
    var isOnOwnThread: Bool { thread.load(ordering: .relaxed) == currentThread }

    // MARK: Sockets

    /// Watches a socket until it is removed.
    /// - Returns: `false` if the system cannot.
    func add(_ descriptor: Int32) -> Bool {
        let place = Int(descriptor)
        watches.withLock { watches in
            while watches.count <= place { watches.append(nil) }
            watches[place] = .quiet
        }
        return poller.add(descriptor)
    }

    /// Suspends until something has arrived on the socket since the last time, or `remove` is called for it; once
    /// the other side has closed, not for long.
    /// - Parameter isAnswer: whether an answer is on its way, so that it is worth to look for it before going to sleep.
    /// - Throws: `connectionLost` if the system cannot watch the socket.
    func wait(
        _ descriptor: Int32, for interest: Interest, isAnswer: Bool = false
    ) async throws(PostgresError) {
        let isWatched: Bool = await withUnsafeContinuation { continuation in
            // Published first, armed second: the event may come before `arm` returns.
            var looksAnew = false
            let displaced = watches.withLock { watches -> UnsafeContinuation<Bool, Never>? in
                switch watches[Int(descriptor)] {
                case nil: return continuation
                case .ready where interest == .readable:
                    watches[Int(descriptor)] = .quiet
                    return continuation
                case .awaited(let previous):
                    // Only one task waits for a connection; were there two, neither may hang.
                    watches[Int(descriptor)] = .awaited(continuation)
                    return previous
                case .quiet, .ready:
                    watches[Int(descriptor)] = .awaited(continuation)
                    return nil
                case .ended:
                    // Seen again if it is so: it may have been told late, of a socket that had this number before.
                    looksAnew = true
                    watches[Int(descriptor)] = .awaited(continuation)
                    return nil
                }
            }
            displaced?.resume(returning: true)
            if !poller.arm(descriptor, for: interest, looksAnew: looksAnew) { resume(descriptor, isWatched: false) }
            if displaced == nil, P.canBeShared, isAnswer, waits.areSeveral { lookOut(while: descriptor) }
        }
        // To come back as if it were ready would have the caller ask again and again.
        guard isWatched else { throw PostgresError(.connectionLost, "the system cannot watch the connection's socket") }
    }

    /// Forgets a socket that is about to be closed, and wakes who waits for it.
    func remove(_ descriptor: Int32) {
        poller.remove(descriptor)
        take(descriptor, leaving: nil)?.resume(returning: true)
    }

    /// Wakes who waits for a socket, as if something had arrived; does nothing if nobody does.
    func nudge(_ descriptor: Int32) { signal(descriptor, leaving: .ready) }

    /// Looks for a moment at all sockets, in the thread of a task that has to wait for one of them, before it goes to sleep.
    ///
    /// With several connections at work there is nearly always one whose answer is about to come; the thread then goes on with
    /// that one's task, where otherwise the reactor's thread and this one would have to be woken. One thread at a time does so.
    private func lookOut(while descriptor: Int32) {
        // There everything runs that has been resumed there: it may not look while that waits.
        guard !isOnOwnThread else { return }
        lookout.withLockIfAvailable { lookout in
            guard lookout.watch.isWorthIt else { return }
            let found = BusyWatch.look(
                limit: BusyWatch.limitForAll,
                until: {
                    poller.look(into: &lookout.ready)
                    return !lookout.ready.isEmpty
                },
                while: { isAwaited(descriptor) })
            lookout.watch.note(found || !isAwaited(descriptor))
            signal(&lookout.ready)
        }
    }

    private func isAwaited(_ descriptor: Int32) -> Bool {
        watches.withLock { if case .awaited = $0[Int(descriptor)] { true } else { false } }
    }

    private func signal(_ ready: inout [ReadyEvent]) {
        for event in ready { signal(event.descriptor, leaving: event.hasEnded ? .ended : .ready) }
        ready.removeAll(keepingCapacity: true)
    }

    private func signal(_ descriptor: Int32, leaving state: Watch) {
        take(descriptor, leaving: state)?.resume(returning: true)
    }

    private func resume(_ descriptor: Int32, isWatched: Bool) {
        take(descriptor, leaving: .quiet)?.resume(returning: isWatched)
    }

    /// Who waits for a socket, and so hears of what is `.ready`; otherwise the socket is left in the given state.
    private func take(_ descriptor: Int32, leaving state: Watch?) -> UnsafeContinuation<Bool, Never>? {
        let place = Int(descriptor)
        return watches.withLock { watches in
            guard place < watches.count, let watch = watches[place] else { return nil }
            guard case .awaited(let continuation) = watch else {
                if case .ended = watch, state != nil { return nil }
                watches[place] = state
                return nil
            }
            if case .ready = state { watches[place] = .quiet } else { watches[place] = state }
            return continuation
        }
    }
}

/// Tells threads apart.
private var currentThread: UInt {
    #if canImport(Glibc)
        UInt(pthread_self())
    #else
        UInt(bitPattern: pthread_self())
    #endif
}
