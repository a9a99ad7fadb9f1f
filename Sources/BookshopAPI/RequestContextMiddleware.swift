import HTTPTypes
import Heliograph
import Hummingbird
import ServiceContextModule

/// Lets the records of a request's writes say which request it was: `X-Request-ID` (else one of ours) and `traceparent`.
struct RequestContextMiddleware<Context: RequestContext>: RouterMiddleware {
    private static var requestID: HTTPField.Name? { HTTPField.Name("X-Request-ID") }
    private static var traceparent: HTTPField.Name? { HTTPField.Name("traceparent") }
    /// Longer ones are nobody's identifiers.
    private static var longest: Int { 200 }

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var service = ServiceContext.current ?? .topLevel
        service.signalContext = SignalContext(
            request: value(of: Self.requestID, in: request) ?? context.id.description,
            traceparent: value(of: Self.traceparent, in: request)
        )
        return try await ServiceContext.withValue(service) { try await next(request, context) }
    }

    private func value(of name: HTTPField.Name?, in request: Request) -> String? {
        guard let value = name.flatMap({ request.headers[$0] }), !value.isEmpty, value.utf8.count <= Self.longest else {
            return nil
        }
        return value
    }
}
