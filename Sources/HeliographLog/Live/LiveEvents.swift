import HeliographPostgres
import Logging
import ServiceLifecycle

/// What a ``LiveMirror`` tells one observer, in log order.
public struct LiveEvents: AsyncSequence, Sendable {
    public typealias Element = LiveMirror.Event

    let mirror: LiveMirror
    let scope: LiveMirror.Scope
    let demand: Demand
    let start: LogFollower.Start

    /// Takes a seat: what commits from here on is told, if the sequence begins now.
    public func makeAsyncIterator() -> Iterator { Iterator(mirror.join(scope, demand, from: start)) }

    /// Takes from the observer's buffer, or reads for it when it is behind.
    public struct Iterator: AsyncIteratorProtocol {
        private let seat: LiveSeat
        private var pending: ArraySlice<LiveMirror.Event> = []
        private var failures = 0

        /// So many records are taken at once: few, since they are not counted any more.
        private static let chunk = 32

        init(_ seat: LiveSeat) { self.seat = seat }

        public mutating func next() async throws -> LiveMirror.Event? {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                if let event = pending.popFirst() { return event }
                switch seat.mirror.next(for: seat.id, limit: Self.chunk) {
                case .finish: return nil
                case .fail(let error): throw error
                case .observer(.tell(let events)): pending = events[...]
                case .observer(.read(let reading)): try await read(reading)
                case .observer(.wait): await wait()
                }
            }
            return nil
        }

        private mutating func read(_ reading: FanOut.Reading) async throws {
            do {
                pending = try await seat.mirror.read(reading, for: seat.id)[...]
                failures = 0
            } catch  where LogFollower.mayPass(error) {
                failures += 1
                seat.mirror.logger.info(
                    "an observer that is behind cannot read, trying again", metadata: ["error": "\(error)"])
                await pause(for: Backoff().delay(afterAttempt: failures))
            } catch {
                // The mirror's end takes its connections along; it is told as such.
                if !seat.mirror.hasEnded { throw error }
            }
        }

        private func wait() async {
            let waiter = seat.waiter
            await withGracefulShutdownHandler {
                await waiter.wait()
            } onGracefulShutdown: {
                waiter.ring()
            }
        }
    }
}
