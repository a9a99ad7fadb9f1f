import HeliographLog
import HeliographModels
import HeliographPostgres
import HeliographTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import HeliographWorker

/// The product's own loops over a log in memory whose stores are lost all the time, before or after they have done what they were asked
/// for; several workers, receivers that fail, a writer. A seed decides what befalls whoever asks next: who that is, the machine does.
@Suite("Simulation: workers whose sessions are lost")
struct MemorySimulationTests {
    struct Failure: Error {}
    struct Unsettled: Error {}

    /// Makes the decisions of one run.
    private final class Chance: Sendable {
        private let state: Mutex<SeededGenerator>
        /// One in so many; 0 for never.
        let faults: Atomic<Int>

        init(seed: UInt64, faults: Int) {
            state = Mutex(SeededGenerator(seed: seed))
            self.faults = Atomic(faults)
        }

        func below(_ limit: Int) -> Int { state.withLock { Int.random(in: 0..<limit, using: &$0) } }

        var fault: MemoryLog.Fault {
            let rate = faults.load(ordering: .relaxed)
            guard rate > 0, below(rate) == 0 else { return .none }
            return below(2) == 0 ? .before : .after
        }
    }

    private static func change(_ operation: AttachOptions.Operation, _ id: Int, _ v: Int) -> MemoryChange {
        let id = JSONValue.Member(name: "id", value: .number("\(id)"))
        return MemoryChange(
            sender: "public.t", operation: operation, key: .object([id]),
            row: .object([id, .init(name: "v", value: .number("\(v)"))]))
    }

    private static func subscription(_ chance: Chance) -> Subscription {
        Subscription(
            "s", sources: [.init(sender: "public.t", operations: [.insert, .update])], lanes: 5, start: .beginning,
            retry: .init(maximumAttempts: 1_000_000)
        ) { record, tx in
            if chance.below(12) == 0 { throw Failure() }
            try await tx.execute("INSERT INTO effect VALUES (\(record.id))")
            if chance.below(40) == 0 { throw Failure() }
        }
    }

    /// - Returns: the records that have been received, in the order of the commits.
    private func run(seed: UInt64, keys: Int = 30, steps: Int = 60) async throws -> (log: MemoryLog, received: [Int64])
    {
        let chance = Chance(seed: seed, faults: 15)
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let log = MemoryLog(fault: { chance.fault }, logger: logger)
        let configuration = WorkerConfiguration(
            batchSize: 1 + chance.below(20), pollInterval: .milliseconds(20), flushInterval: .milliseconds(20),
            retryBackoff: Backoff(initial: .milliseconds(1), maximum: .milliseconds(5)))
        var versions = Array(repeating: -1, count: keys)
        let workers = (0..<3).map { _ in
            Worker([Self.subscription(chance)], memory: log, configuration: configuration, logger: logger)
        }
        let group = ServiceGroup(services: workers, logger: logger)
        let running = Task { try await group.run() }
        for _ in 0..<steps {
            let id = chance.below(keys)
            versions[id] += 1
            try log.write([Self.change(versions[id] == 0 ? .insert : .update, id, versions[id])])
            if chance.below(3) == 0 { try await Task.sleep(for: .milliseconds(chance.below(8))) }
        }
        // In the end everything works again.
        chance.faults.store(0, ordering: .relaxed)
        let written = log.records.count
        try await eventually("all effects", within: .seconds(60)) { log.effects(of: "s").count >= written }
        await group.triggerGracefulShutdown()
        try await running.value
        return (log, try log.effects(of: "s").map { try Int64(json: $0.values[0]) })
    }

    @Test("Nothing is lost, doubled or out of order", .timeLimit(.minutes(5)), arguments: 1...150)
    func exactlyOnce(_ seed: Int) async throws {
        let (log, received) = try await run(seed: UInt64(seed))
        let unique = Set(received)
        #expect(received.count == unique.count, "doubled, seed \(seed)")
        let records = log.records
        let missing = records.map(\.id).filter { !unique.contains($0) }
        #expect(missing.isEmpty, "lost, seed \(seed)")
        let keys = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0.key ?? "") })
        for (key, ofKey) in Dictionary(grouping: received, by: { keys[$0] ?? "" }) {
            #expect(ofKey == ofKey.sorted(), "out of order for \(key), seed \(seed)")
        }
        #expect(log.parked(of: "s").isEmpty)
    }
}
