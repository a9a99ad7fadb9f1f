import Foundation
import HeliographPostgres

/// What a transaction says about itself: who writes, and for which request. Each of its records in the signal log carries it.
///
/// It travels with the task, in the `ServiceContext` of swift-distributed-tracing, so that the code between the request and
/// the save need not pass it on:
///
/// ```swift
/// var service = ServiceContext.current ?? .topLevel
/// service.signalContext = SignalContext(actor: "ada", request: "7c9e")
/// try await ServiceContext.withValue(service) { try await database.save(&book) }
/// ```
///
/// Readers must take it for a claim: any writer can say anything. Who was logged in is in the record's `writer`.
public struct SignalContext: Sendable, Hashable {
    /// The person or program on whose behalf the change is made.
    public var actor: String?
    /// The request's identifier.
    public var request: String?
    /// The W3C trace context's `traceparent` of the span that writes. Where it is `nil` that of the current span stands in, if there is a
    /// tracer.
    public var traceparent: String?
    /// The process that writes. ``Database/origin`` stands in where it is `nil`.
    public var origin: String?

    /// Creates a context.
    ///
    /// - Parameters:
    ///   - actor: The person or program on whose behalf the change is made.
    ///   - request: The request's identifier.
    ///   - traceparent: The W3C trace context's `traceparent`.
    ///   - origin: The process that writes.
    public init(actor: String? = nil, request: String? = nil, traceparent: String? = nil, origin: String? = nil) {
        self.actor = actor
        self.request = request
        self.traceparent = traceparent
        self.origin = origin
    }

    /// A name for this process that no other one has: program, host, process and a random part, since process numbers come again,
    /// in containers nearly always. Make it once, and give it to every ``Database`` of the process.
    ///
    /// - Parameter program: The program's name.
    public static func makeOrigin(_ program: String) -> String {
        let process = ProcessInfo.processInfo
        let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
        return "\(program)@\(process.hostName)/\(process.processIdentifier)-\(suffix)"
    }

    /// Whether it says nothing.
    public var isEmpty: Bool { self == SignalContext() }

    /// The context as the log keeps it: a JSON object of what is set.
    public var json: String {
        let members = [("actor", actor), ("request", request), ("traceparent", traceparent), ("origin", origin)]
        return JSONValue.object(
            members.compactMap { name, value in value.map { JSONValue.Member(name: name, value: .string($0)) } }
        ).description
    }

    /// The statement that sets it for the open transaction; `nil` if there is nothing to say.
    ///
    /// - Parameter setting: The setting's name: the log's schema, and `.context`.
    func statement(setting: String) -> SQL? {
        // Local to the transaction: a session's setting would stay with a pooled connection.
        isEmpty ? nil : "SELECT set_config(\(setting), \(json), true)"
    }
}
