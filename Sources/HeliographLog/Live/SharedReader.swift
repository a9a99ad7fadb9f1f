import HeliographPostgres
import Logging
import ServiceLifecycle

/// Reads the log for all observers of a ``LiveMirror``.
///
/// While nobody wants anything it only keeps its place near the present, once in each poll interval.
struct SharedReader {
    private let mirror: LiveMirror
    private let log: LogFollower
    private let waker: BellWaiter
    private var place: LogPlace?
    private var hasBegun = false
    /// What is read of the window that is open.
    private var filter = RecordFilter()
    /// The end of a window that is to be read once more, for more.
    private var end: Snapshot?

    init(mirror: LiveMirror, log: LogFollower, waker: BellWaiter) {
        self.mirror = mirror
        self.log = log
        self.waker = waker
    }

    /// So long whoever takes what he gets is waited for, where there is more to hand out at once: a large window would outrun the
    /// fastest. Whoever does not take it has a full buffer after the next batch, and is not waited for again.
    private static let courtesy = Duration.milliseconds(10)

    private var isStopping: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// Runs until shutdown.
    mutating func run() async throws {
        var failures = 0
        while !isStopping {
            do {
                if try await !look() { await sleep() }
                failures = 0
            } catch {
                if isStopping { return }
                if !hasBegun { throw error }
                failures += 1
                log.logger.info("reading the log failed, trying again", metadata: ["error": "\(error)"])
                if !LogFollower.mayPass(error) {
                    mirror.interrupt(error)
                    (place, end) = (nil, nil)
                }
                await pause(for: Backoff().delay(afterAttempt: failures))
            }
        }
    }

    /// Reads a batch and hands it out.
    /// - Returns: whether there is more at once.
    private mutating func look() async throws -> Bool {
        guard let place else {
            try await mirror.learnOwn()
            let now = try await log.now()
            mirror.begin(at: now)
            hasBegun = true
            self.place = now
            return true
        }
        let begins = place.hi == nil && end == nil
        if begins { filter = mirror.beginWindow() }
        let window = try await log.read(place, filter, upTo: end)
        guard place.belongs(to: window) else {
            let now = try await log.now()
            end = nil
            self.place = now
            mirror.reset(to: now)
            return true
        }
        if begins, let wider = mirror.open(LogPlace(lo: window.hi, server: window.server)) {
            filter = wider
            end = window.hi
            return true
        }
        end = nil
        let next = place.behind(window)
        self.place = next
        // One that was begun before may have ended long ago, and its bell with it: look once more.
        let isCurrent = begins && window.isComplete
        mirror.handOut(
            mirror.mark(window, from: place), completing: window.isComplete ? next : nil, isCurrent: isCurrent)
        if !window.isComplete { await waitForRoom() }
        return !isCurrent
    }

    private func waitForRoom() async {
        let deadline = ContinuousClock.now + Self.courtesy
        while mirror.isCrowded, ContinuousClock.now < deadline, !isStopping {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Until something may be new. A bell wakes nobody if nobody wants to hear.
    private func sleep() async {
        let deadline = ContinuousClock.now + log.pollInterval * Double.random(in: 0.8...1.2)
        let waker = waker
        repeat {
            await withGracefulShutdownHandler {
                await waker.wait(upTo: deadline - .now)
            } onGracefulShutdown: {
                waker.ring()
            }
        } while !isStopping && !mirror.isWanted && ContinuousClock.now < deadline
    }
}
