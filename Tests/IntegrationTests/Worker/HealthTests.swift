import Heliograph
import HeliographTesting
import Testing

@testable import HeliographWorker

/// What a worker says of itself while it works: that it makes progress, and what it does instead of working.
@Suite("Worker: health")
struct HealthTests {
    struct Failure: Error {}

    private static let sources: [RecordFilter.Source] = [.init(sender: "public.t", operations: [.insert, .update])]

    /// Waits until a worker has made progress after this moment.
    private static func untilProgress(
        _ health: WorkerHealth, of subscription: Subscription, after moment: ContinuousClock.Instant
    ) async throws {
        let patience = WorkerConfiguration.forTests.patience(with: subscription)
        try await eventually("a sign of progress", within: .seconds(60)) {
            health.liveness(at: moment + patience + .nanoseconds(1)).isGood
        }
    }

    private func withWorker(
        _ subscription: Subscription, in effects: Effects, before prepare: (WorkerHealth) -> Void = { _ in },
        _ body: (WorkerHealth) async throws -> Void
    ) async throws {
        let fixture = effects.fixture
        let worker = Worker(
            [subscription], database: fixture.configuration, configuration: .forTests, logger: fixture.logger)
        prepare(worker.health)
        #expect(worker.health.isLive && !worker.health.isReady)
        try await withService(worker, logger: fixture.logger) {
            try await body(worker.health)
        }
        #expect(worker.health.readiness.description.contains("has ended") && worker.health.isLive)
    }

    @Test("An idle one comes round; one whose lanes are others' is ready all the same", .timeLimit(.minutes(10)))
    func idle() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription(lanes: 1)
            try await withWorker(subscription, in: effects) { first in
                try await effects.held(lanes: 1)
                try await withWorker(subscription, in: effects) { second in
                    try await eventually("both to be ready") { first.isReady && second.isReady }
                    #expect(first.readiness.reasons.isEmpty && second.readiness.reasons.isEmpty)
                    for health in [first, second] {
                        try await Self.untilProgress(health, of: subscription, after: .now)
                    }
                }
            }
        }
    }

    @Test("In an outage it is ready, says so, and comes round", .timeLimit(.minutes(10)))
    func outage() async throws {
        try await Effects.with { effects in
            let isBroken = Flag()
            isBroken.set()
            let subscription = Effects.subscription { _, _ in if isBroken.isSet { throw Failure() } }
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 40)")
            try await withWorker(subscription, in: effects) { health in
                try await eventually("the outage") { health.readiness.description.contains("waits out an outage") }
                #expect(health.isReady)
                try await Self.untilProgress(health, of: subscription, after: .now)
                isBroken.clear()
                try await effects.settled()
                try await eventually("its end") { health.readiness.reasons.isEmpty }
            }
        }
    }

    /// What a receiver sees of its own worker's health, when it is called for the second time.
    private final class Witness: Sendable {
        private let state = Locked<(health: WorkerHealth?, patience: Duration, first: ContinuousClock.Instant?)>(
            (nil, .zero, nil))
        let hasSeen = Locked<Bool?>(nil)

        func watch(_ health: WorkerHealth, of subscription: Subscription) {
            let patience = WorkerConfiguration.forTests.patience(with: subscription)
            state.change { $0 = (health, patience, nil) }
        }

        /// - Returns: whether it is the first call; the second one returns when there was a step after the first began.
        func isFirst() async -> Bool {
            let (health, patience, first) = state.value
            guard let first else {
                state.change { $0.first = .now }
                return true
            }
            guard hasSeen.value == nil, let health else { return false }
            // Less than the receiver's time-out: what follows it is a step as well.
            let seen: Void? = try? await eventually("a step", within: .seconds(10)) {
                health.liveness(at: first + patience + .nanoseconds(1)).isGood
            }
            hasSeen.change { $0 = $0 ?? (seen != nil) }
            return false
        }
    }

    private func expectStep(between calls: Subscription, _ witness: Witness) async throws {
        try await Effects.with { effects in
            try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 8)")
            try await withWorker(calls, in: effects, before: { witness.watch($0, of: calls) }) { _ in
                try await eventually("the second call") { witness.hasSeen.value != nil }
            }
            #expect(witness.hasSeen.value == true)
        }
    }

    @Test("Each try of a batch is a step", .timeLimit(.minutes(10)))
    func batch() async throws {
        let witness = Witness()
        let subscription = Subscription("effects", batchesOf: Self.sources, lanes: 1, start: .beginning) { _, _ in
            if await witness.isFirst() { throw Failure() }
        }
        try await expectStep(between: subscription, witness)
    }

    @Test("Each call to the outside that has ended is a step", .timeLimit(.minutes(10)))
    func external() async throws {
        let witness = Witness()
        let subscription = Subscription(
            "effects", externalOn: Self.sources, lanes: 1, start: .beginning, concurrency: 1
        ) { _, _ in _ = await witness.isFirst() }
        try await expectStep(between: subscription, witness)
    }

    @Test("While the log is read for long, the session's answers are steps", .timeLimit(.minutes(10)))
    func reading() async throws {
        try await Effects.with { effects in
            let subscription = Effects.subscription()
            try await withWorker(subscription, in: effects) { health in
                try await effects.held(lanes: 8)
                try await effects.fixture.withConnection { lock in
                    try await lock.query("BEGIN")
                    try await lock.query("LOCK TABLE heliograph.signal_log IN ACCESS EXCLUSIVE MODE")
                    try await eventually("the reading to be held up") {
                        try await lock.number(
                            """
                            SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (
                                SELECT oid FROM pg_database WHERE datname = current_database())
                            """) >= 1
                    }
                    try await Self.untilProgress(health, of: subscription, after: .now)
                    try await lock.query("ROLLBACK")
                }
                try await effects.fixture.psql("INSERT INTO t SELECT generate_series(1, 8)")
                try await effects.settled()
            }
        }
    }
}
