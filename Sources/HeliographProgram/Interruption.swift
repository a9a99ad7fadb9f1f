import UnixSignals

/// What ends a command from outside, for one that has to clean up.
public enum Interruption {
    /// Runs a body whose task is cancelled by SIGINT, SIGTERM, or a reader of standard output that goes away, so that it can
    /// leave in order.
    ///
    /// - Throws: What `body` throws; ``ExitStatus/failed`` when it was interrupted.
    public static func cancelling<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (brokenOutput, feed) = AsyncStream.makeStream(of: Void.self)
        Terminal.onBrokenOutput { feed.yield() }
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { return nil }
                throw CancellationError()
            }
            group.addTask {
                for await _ in brokenOutput { return nil }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                group.cancelAll()
                // The body's own way out first; what it says of its cancellation is nothing to report.
                while await group.nextResult() != nil {}
                Terminal.complain("interrupted")
                throw ExitStatus.failed
            }
            return result
        }
    }
}
