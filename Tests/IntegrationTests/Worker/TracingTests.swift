import Heliograph
import HeliographTesting
import InMemoryTracing
import ServiceContextModule
import Testing
import Tracing

/// Spans of receivers, and how they hang together with those that wrote.
@Suite("Worker: traces")
struct TracingTests {
    struct Failure: Error {}

    private func drain(_ subscription: Subscription, _ tracer: W3CTracer, _ fixture: Fixture) async throws {
        var configuration = WorkerConfiguration.forTests
        configuration.tracer = tracer
        try await Worker(
            [subscription], database: fixture.configuration, configuration: configuration, logger: fixture.logger
        ).drain()
    }

    /// Writes one row in each of some spans.
    /// - Returns: the spans' traces.
    private func write(_ ids: [Int64], _ tracer: W3CTracer, _ fixture: Fixture) async throws -> [String] {
        try await fixture.withPool { pool in
            let database = Database(pool: pool, instrument: tracer)
            var traces: [String] = []
            for id in ids {
                try await tracer.withSpan("write \(id)") { span in
                    traces.append(span.traceID)
                    try await database.transaction { try await $0.execute("INSERT INTO t VALUES (\(id))") }
                }
            }
            return traces
        }
    }

    private func links(_ span: FinishedInMemorySpan) -> [String] {
        span.links.compactMap(\.context.inMemorySpanContext?.traceID)
    }

    @Test(
        "A receiver's span is linked to each writer's, is current in the receiver, and its writes say so",
        .timeLimit(.minutes(10)))
    func linked() async throws {
        try await Effects.with { effects in
            let fixture = effects.fixture
            let tracer = W3CTracer()
            let seen = Locked<Set<String>>([])
            let traces = try await write([1, 2, 3], tracer, fixture)
            #expect(Set(traces).count == 3)
            try await fixture.psql("INSERT INTO t VALUES (4)")  // says nothing
            try await fixture.psql("ALTER TABLE effect ADD PRIMARY KEY (number)")
            try await fixture.withConnection { try await Attachments().attach("effect", on: $0) }
            try await drain(
                Effects.subscription(lanes: 1) { _, _ in
                    let span = ServiceContext.current?.inMemorySpanContext
                    seen.change { $0.insert(span.map { "00-\($0.traceID)-\($0.spanID)-01" } ?? "none") }
                }, tracer, fixture)
            let spans = tracer.finished.filter { $0.operationName == "process effects" }
            let span = try #require(spans.first)
            #expect(spans.count == 1 && span.kind == .consumer && span.status == nil)
            #expect(links(span) == traces && !traces.contains(span.traceID))
            #expect(span.attributes.get("messaging.batch.message_count") == 4.toSpanAttribute())
            let own = "00-\(span.traceID)-\(span.spanID)-01"
            #expect(seen.value == [own])
            let written = try await committed(fixture, "public.effect")
            #expect(written.count == 4 && written.allSatisfy { $0.traceparent == own && $0.causalDepth == 1 })
        }
    }

    @Test("A failed receiver's span says so", .timeLimit(.minutes(10)))
    func failed() async throws {
        try await Effects.with { effects in
            let tracer = W3CTracer()
            _ = try await write([1], tracer, effects.fixture)
            try await drain(
                Effects.subscription(retry: .init(maximumAttempts: 1)) { _, _ in throw Failure() }, tracer,
                effects.fixture)
            let spans = tracer.finished.filter { $0.operationName == "process effects" }
            #expect(spans.contains { $0.status?.code == .error && $0.errors.contains { $0.error is Failure } })
        }
    }

    @Test("A call to the outside has one, too", .timeLimit(.minutes(10)))
    func external() async throws {
        try await Effects.with { effects in
            let tracer = W3CTracer()
            let traces = try await write([1, 2], tracer, effects.fixture)
            let seen = Locked<Set<String>>([])
            let calls = Subscription(
                "calls", externalOn: [.init(sender: "public.t", operations: [.insert])], lanes: 1, start: .beginning
            ) { _, _ in
                seen.change { $0.insert(ServiceContext.current?.inMemorySpanContext?.traceID ?? "none") }
            }
            try await drain(calls, tracer, effects.fixture)
            let spans = tracer.finished.filter { $0.operationName == "process calls" }
            #expect(spans.count == 2 && Set(spans.flatMap(links)) == Set(traces))
            #expect(seen.value == Set(spans.map(\.traceID)))
        }
    }

    private func committed(_ fixture: Fixture, _ sender: String) async throws -> [Record] {
        try await fixture.withConnection { connection in
            try await LogReader().read(
                from: .beginning, .init(sources: [.init(sender: sender, operations: [.insert])]), limit: 100,
                on: connection
            ).records
        }
    }
}
