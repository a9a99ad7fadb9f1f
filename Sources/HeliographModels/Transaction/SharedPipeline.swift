package import HeliographPostgres
import Synchronization

/// The statements of several receivers that work in one transaction at the same time, sent to the server together.
///
/// Each receiver runs in a task of its own and waits for its statement's result; as soon as all of them wait, what they have asked for
/// goes out in one round trip. The first statement that fails, in the server's order, is to blame; what stands behind it has not run.
/// Only plain statements can be sent so: a savepoint of one receiver would take in what the others write.
package final class SharedPipeline: Sendable {
    /// Thrown to a receiver whose statement was not run, because another's has failed, or because it is not for a pipeline.
    package struct Aborted: Error, CustomStringConvertible {
        package var description: String {
            "the batch is done again, because of another receiver or of what this one asked for"
        }
    }

    /// What has become of all of them.
    package enum Verdict {
        case done
        /// A receiver asked for something that it must be alone for.
        case needsExclusive
        /// The statement of this receiver failed.
        case failed(owner: Int, any Error)
        /// The connection is lost, or the task cancelled.
        case broken(any Error)
        /// Not all ended in time. Those that have been busy with something else for more than half of it.
        case late(stuck: [Int])
    }

    private struct Waiting {
        let sql: SQL
        let owner: Int
        let continuation: CheckedContinuation<Rows, any Error>
    }

    private struct State {
        var queue: [Waiting] = []
        /// Receivers that have not ended.
        var live: Int
        /// Those of them that are not waiting for a statement.
        var running: Int
        /// Since when they are.
        var busySince: [Int: ContinuousClock.Instant] = [:]
        var verdict = Verdict.done
        var isAborted = false
        var driver: CheckedContinuation<Void, Never>?
        /// Some wait, and the others are busy with something else: they are not to hold them up for long.
        var isOverdue = false
        /// The time is up.
        var isLate = false
    }

    /// From so many statements on there is no need to wait for the others.
    private static let fullQueue = 128
    private let sendAll: @Sendable ([SQL]) async throws -> [StatementOutcome]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - receivers: how many there will be; each ends with ``end()``.
    ///   - send: sends statements together, see ``ConnectionTransaction/pipeline(_:)``.
    package init(receivers: Int, send: @escaping @Sendable ([SQL]) async throws -> [StatementOutcome]) {
        sendAll = send
        state = Mutex(State(live: receivers, running: receivers))
    }

    package var verdict: Verdict { state.withLock(\.verdict) }

    /// Runs a statement of a receiver.
    func run(_ sql: SQL, owner: Int) async throws -> Rows {
        guard TransactionControl.isPlain(sql) else { throw refuse() }
        return try await withCheckedThrowingContinuation { continuation in
            let driver: CheckedContinuation<Void, Never>? = state.withLock { state in
                guard !state.isAborted else {
                    continuation.resume(throwing: Aborted())
                    return nil
                }
                state.queue.append(Waiting(sql: sql, owner: owner, continuation: continuation))
                state.running -= 1
                state.busySince[owner] = nil
                return takeDriver(&state)
            }
            driver?.resume()
        }
    }

    /// Says that a receiver needs the connection for itself: all is to be done again, one after the other.
    func refuse() -> any Error {
        abort(.needsExclusive)
        return Aborted()
    }

    /// Notes that a receiver begins to work for somebody.
    package func begin(_ owner: Int) { state.withLock { $0.busySince[owner] = .now } }

    /// Notes that it is done with that.
    package func finish(_ owner: Int) { state.withLock { $0.busySince[owner] = nil } }

    /// Notes the end of a receiver.
    package func end() {
        state.withLock { state in
            state.live -= 1
            state.running -= 1
            return takeDriver(&state)
        }?.resume()
    }

    /// Sends what the receivers ask for until all have ended, or one is late.
    package func drive(within limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        let ticker = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(2))
                markOverdue(isLate: ContinuousClock.now > deadline)
            }
        }
        defer { ticker.cancel() }
        while true {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.driver = continuation
                    return takeDriver(&state)
                }?.resume()
            }
            let (batch, isLate) = state.withLock { state in
                // When all have ended it is not late any more.
                guard !state.isLate || state.live == 0 else { return (state.queue, true) }
                defer { state.queue = [] }
                state.isOverdue = false
                return (state.queue, false)
            }
            if isLate {
                let long = ContinuousClock.now - limit / 2
                abort(.late(stuck: state.withLock(\.busySince).filter { $0.value < long }.keys.sorted()))
            }
            if batch.isEmpty || isLate { return }
            await send(batch)
        }
    }

    private func send(_ batch: [Waiting]) async {
        let outcomes: [StatementOutcome]
        do {
            outcomes = try await sendAll(batch.map(\.sql))
        } catch {
            abort(.broken(error))
            state.withLock { $0.running += batch.count }
            for waiting in batch { waiting.continuation.resume(throwing: error) }
            return
        }
        for (waiting, outcome) in zip(batch, outcomes) {
            if case .failed(let error) = outcome { abort(.failed(owner: waiting.owner, error)) }
        }
        let now = ContinuousClock.now
        state.withLock { state in
            state.running += batch.count
            for waiting in batch { state.busySince[waiting.owner] = now }
        }
        for (waiting, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .rows(let rows): waiting.continuation.resume(returning: rows)
            case .failed(let error): waiting.continuation.resume(throwing: error)
            case .skipped: waiting.continuation.resume(throwing: Aborted())
            }
        }
    }

    /// The first reason stands; what waits is not run any more.
    private func abort(_ verdict: Verdict) {
        let dropped = state.withLock { state in
            if !state.isAborted {
                state.isAborted = true
                state.verdict = verdict
            }
            defer { state.queue = [] }
            state.running += state.queue.count
            return state.queue
        }
        for waiting in dropped { waiting.continuation.resume(throwing: Aborted()) }
    }

    /// The driver's continuation, if there is something for it to do.
    private func takeDriver(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        let isDue =
            state.isLate
            ? true
            : state.queue.isEmpty
                ? state.live == 0
                : state.running == 0 || state.isOverdue || state.queue.count >= Self.fullQueue
        guard isDue else { return nil }
        defer { state.driver = nil }
        return state.driver
    }

    private func markOverdue(isLate: Bool) {
        state.withLock { state in
            state.isLate = state.isLate || isLate
            if !state.queue.isEmpty { state.isOverdue = true }
            return takeDriver(&state)
        }?.resume()
    }
}
