package import Instrumentation
import ServiceContextModule

/// The W3C trace context (w3.org/TR/trace-context) of a span, as the signal log carries it.
package enum TraceContext {
    private struct Carrier: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }

    private static let key = "traceparent"

    /// The `traceparent` of a context's span.
    /// - Returns: `nil` if there is none, or the instrument is of another standard.
    package static func traceparent(of context: ServiceContext, by instrument: any Instrument) -> String? {
        var carrier: [String: String] = [:]
        instrument.inject(context, into: &carrier, using: Carrier())
        return carrier[key]
    }

    /// The context of the span that a `traceparent` names.
    package static func context(of traceparent: String, by instrument: any Instrument) -> ServiceContext {
        var context = ServiceContext.topLevel
        instrument.extract([key: traceparent], into: &context, using: Carrier())
        return context
    }
}
