import HeliographPostgres
import Logging
import ServiceLifecycle

/// What a ``LogFollower`` tells, in order.
public struct LogEvents: AsyncSequence, Sendable {
    public typealias Element = LogFollower.Event

    let follower: LogFollower
    let start: LogFollower.Start

    public func makeAsyncIterator() -> Iterator { Iterator(follower: follower, start: start) }

    /// Reads the log as its elements are asked for.
    public struct Iterator: AsyncIteratorProtocol {
        private let follower: LogFollower
        private let start: LogFollower.Start
        /// Made first, so that a bell that rings while the log is read is not missed.
        private let waiter: BellWaiter
        private var place: LogPlace?
        private var pending: ArraySlice<Record> = []
        /// What to do when the pending records have been told.
        private var next = Next.read
        private var failures = 0

        private enum Next {
            case read
            case leaveWindow(Snapshot, isCurrent: Bool)
            case wait
        }

        init(follower: LogFollower, start: LogFollower.Start) {
            var follower = follower
            if case .id(let id) = start { follower.filter.minimumID = id }
            self.follower = follower
            self.start = start
            waiter = follower.bell.makeWaiter()
        }

        public mutating func next() async throws -> LogFollower.Event? {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                do {
                    if let event = try await step() { return event }
                } catch  where place != nil && LogFollower.mayPass(error) {
                    failures += 1
                    follower.logger.info("reading the log failed, trying again", metadata: ["error": "\(error)"])
                    await pause(for: Backoff().delay(afterAttempt: failures))
                }
            }
            return nil
        }

        private mutating func step() async throws -> LogFollower.Event? {
            let place = try await begin()
            if let record = pending.popFirst() {
                let place = place.behind(record)
                self.place = place
                return .record(record, place)
            }
            switch next {
            case .read: return try await read(from: place)
            case .leaveWindow(let hi, let isCurrent):
                self.place = LogPlace(lo: hi, server: place.server)
                // One that was begun before may have ended long ago, and its bell with it: look once more.
                next = isCurrent ? .wait : .read
                return isCurrent ? .caughtUp : nil
            case .wait:
                await wait()
                next = .read
                return nil
            }
        }

        /// - Returns: `reset` if the place belongs to an earlier life of the server.
        private mutating func read(from place: LogPlace) async throws -> LogFollower.Event? {
            let window = try await follower.read(place, follower.filter)
            guard place.belongs(to: window) else {
                self.place = try await follower.now()
                return .reset
            }
            failures = 0
            let isCurrent = place.hi == nil
            self.place = place.entering(window)
            pending = window.records[...]
            next = window.isComplete ? .leaveWindow(window.hi, isCurrent: isCurrent) : .read
            return nil
        }

        private mutating func begin() async throws -> LogPlace {
            if let place { return place }
            // Where nobody has noted this life of the server yet, its mark would change under us when somebody does.
            let now = try await follower.now()
            let first =
                switch start {
                case .beginning, .id: LogPlace(lo: .beginning)
                case .place(let place): place
                case .now: now
                }
            place = first
            return first
        }

        private func wait() async {
            let waiter = waiter
            let time = follower.pollInterval * Double.random(in: 0.8...1.2)
            await withGracefulShutdownHandler {
                await waiter.wait(upTo: time)
            } onGracefulShutdown: {
                waiter.ring()
            }
        }
    }
}
