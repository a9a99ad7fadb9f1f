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
                } catch  where place != nil && Self.mayPass(error) {
                    failures += 1
                    follower.logger.info("reading the log failed, trying again", metadata: ["error": "\(error)"])
                    await pause(for: Backoff().delay(afterAttempt: failures))
                }
            }
            return nil
        }

        private static func mayPass(_ error: any Error) -> Bool {
            (error as? PostgresError)?.isTransient ?? (error as? LogError)?.isTransient ?? false
        }

        private mutating func step() async throws -> LogFollower.Event? {
            var place = try await begin()
            if let record = pending.popFirst() {
                place.lastID = record.id
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
            var place = place
            let window = try await follower.read(place)
            if let server = place.server, server != window.server {
                self.place = try await follower.now()
                return .reset
            }
            failures = 0
            let isCurrent = place.hi == nil
            place.server = window.server
            place.hi = window.hi
            self.place = place
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

extension LogFollower {
    /// The place at which all that is committed now has been told. Notes this life of the server.
    fileprivate func now() async throws -> LogPlace {
        try await pool.withConnection { connection in
            try await reader.noteIncarnation(on: connection)
            let (snapshot, server) = try await reader.takeSnapshot(on: connection)
            return LogPlace(lo: snapshot, server: server)
        }
    }

    fileprivate func read(_ place: LogPlace) async throws -> Window {
        try await pool.withConnection { connection in
            if let hi = place.hi {
                return try await reader.read(
                    from: place.lo, to: hi, after: place.lastID, filter, limit: batchSize, on: connection
                )
            }
            if place.lo == .beginning, filter.minimumID > 0 {
                // By id from the start, or the whole log would be sorted for the records behind one.
                let (hi, _) = try await reader.takeSnapshot(on: connection)
                return try await reader.read(
                    from: place.lo, to: hi, after: filter.minimumID - 1, filter, limit: batchSize, on: connection
                )
            }
            return try await reader.read(from: place.lo, filter, limit: batchSize, on: connection)
        }
    }
}
