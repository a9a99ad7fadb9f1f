import Foundation

extension Command {
    /// What came of a run.
    struct Outcome: Sendable {
        let result: Result<CommandEnd, OutboundFailure>
        /// Why the processes were told to end, if they were.
        let stop: CommandStop?
    }

    private enum Event {
        case ended(Result<CommandEnd, OutboundFailure>)
        case told
    }

    /// How often it looks whether processes that the shell has left are still there. The system tells a parent only of
    /// its own children.
    private static let lookEvery = Duration.milliseconds(10)
    /// How long the system may take to do away with processes after SIGKILL.
    private static let killTakes = Duration.seconds(2)

    /// Runs the command, and sees to it that all of its processes end.
    ///
    /// - Parameters:
    ///   - stops: Hears from outside why they have to end. The first reason counts.
    ///   - stop: The other end of `stops`.
    func supervise(
        _ batch: OutboundBatch, _ stops: AsyncStream<CommandStop>, _ stop: AsyncStream<CommandStop>.Continuation
    ) async -> Outcome {
        let group = ProcessGroup()
        return await withTaskGroup(of: Event.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                do throws(OutboundFailure) {
                    return .ended(.success(try await run(batch, in: group)))
                } catch {
                    return .ended(.failure(error))
                }
            }
            tasks.addTask {
                if (try? await Task.sleep(for: configuration.timeout)) != nil { stop.yield(.timedOut) }
                return .told
            }
            tasks.addTask {
                for await reason in stops {
                    group.stop(reason)
                    if (try? await Task.sleep(for: configuration.grace)) != nil { group.kill() }
                    break
                }
                return .told
            }
            for await event in tasks {
                guard case .ended(let result) = event else { continue }
                let reason = group.reason
                if !group.isEmpty {
                    stop.yield(.leftBehind)
                    let deadline = ContinuousClock.now + configuration.grace + Self.killTakes
                    while !group.isEmpty, ContinuousClock.now < deadline {
                        try? await Task.sleep(for: Self.lookEvery)
                    }
                }
                return Outcome(result: result, stop: reason)
            }
            return Outcome(result: .failure(OutboundFailure("the command was not run")), stop: nil)
        }
    }
}
