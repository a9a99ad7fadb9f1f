#if DEBUG
    import HeliographLog
    import Logging

    @testable import HeliographWorker

    /// The way to a log for a worker with a defect.
    struct FlawedLog: WorkerLog {
        let base: MemoryClient
        let flaw: Flaw

        var executor: (any TaskExecutor)? { base.executor }

        func check() { base.check() }

        func withStore<R>(
            for subscription: Subscription, _ configuration: WorkerConfiguration, _ logger: Logger,
            _ body: (any LaneStore, any LaneReader) async throws -> R
        ) async throws -> WorkerLogOutcome<R> {
            try await base.withStore(for: subscription, configuration, logger) { store, reader in
                try await body(
                    FlawedStore(base: store, flaw: flaw), flaw == .byNumber ? ReaderByNumber(base: reader) : reader)
            }
        }
    }

    /// Believes that what has a smaller number than what it has read was committed before.
    private final class ReaderByNumber: LaneReader {
        private let base: any LaneReader
        private var last: [Int: Int64] = [:]

        init(base: any LaneReader) { self.base = base }

        func read(_ group: LaneTable.Group, hi: Snapshot?, limit: Int, takesAhead: Bool) async throws -> LaneReading {
            let reading = try await base.read(group, hi: hi, limit: limit, takesAhead: takesAhead)
            // What has been read before may be read again.
            let known = reading.records.filter { $0.id >= last[$0.lane] ?? 0 || $0.id < 0 }
            for record in known { last[record.lane] = max(last[record.lane] ?? 0, record.id) }
            return LaneReading(records: known, course: reading.course, window: reading.window, isMore: reading.isMore)
        }

        func readAhead(
            _ group: LaneTable.Group, _ reading: LaneReading, limit: Int, lettingGoOf spent: [Record],
            after start: BellWaiter
        ) {
            base.readAhead(group, reading, limit: limit, lettingGoOf: spent, after: start)
        }

        func dropAhead() async { await base.dropAhead() }
        func keepChunks(for groups: [LaneTable.Group]) { base.keepChunks(for: groups) }
    }
#endif
