import HeliographLog
import HeliographModels
import Tracing

/// Spans of what receivers do, linked to those that wrote the records: by the conventions of OpenTelemetry for messaging, a span for each
/// transaction or call, of kind consumer.
struct ReceiverTracing: Sendable {
    /// One that has begun.
    struct Running {
        fileprivate let span: any Span
        /// `nil` where the tracer is of another standard.
        let traceparent: String?

        func fail(_ error: any Error) {
            span.recordError((error as? Doubt)?.error ?? error)
            span.setStatus(SpanStatus(code: .error))
        }
    }

    private let subscription: String
    /// `nil` where nobody wants them: then nothing is looked up for them.
    private let tracer: (any Tracer)?

    /// - Parameter tracer: default: that of the process.
    init(_ subscription: String, _ tracer: (any Tracer)?) {
        let tracer = tracer ?? InstrumentationSystem.tracer
        self.subscription = subscription
        self.tracer = tracer is NoOpTracer ? nil : tracer
    }

    /// So many links a span takes by OpenTelemetry's default.
    private static let maximumLinks = 128

    /// Runs what receives some records in a span: its context is the current one meanwhile, also in tasks that are made in it.
    func span<R>(
        of records: some Collection<Record>, _ body: (Running?) async throws -> R
    ) async rethrows -> R {
        guard let tracer else { return try await body(nil) }
        let span = tracer.startAnySpan("process \(subscription)", context: .topLevel, ofKind: .consumer)
        defer { span.end() }
        span.attributes["messaging.system"] = "heliograph"
        span.attributes["messaging.operation.type"] = "process"
        span.attributes["messaging.destination.subscription.name"] = subscription
        span.attributes["messaging.batch.message_count"] = records.count
        var known: Set<String> = []
        for record in records {
            guard known.count < Self.maximumLinks else { break }
            guard let traceparent = record.traceparent, known.insert(traceparent).inserted else { continue }
            let context = TraceContext.context(of: traceparent, by: tracer)
            span.addLink(SpanLink(context: context, attributes: [:]))
        }
        let running = Running(span: span, traceparent: TraceContext.traceparent(of: span.context, by: tracer))
        do {
            return try await ServiceContext.withValue(span.context) { try await body(running) }
        } catch {
            running.fail(error)
            throw error
        }
    }
}
