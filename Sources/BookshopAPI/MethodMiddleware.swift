import HTTPTypes
import Hummingbird

/// Answers OPTIONS, and a method that a path does not take with 405 instead of 404; both say which it takes.
struct MethodMiddleware<Context: RequestContext>: RouterMiddleware {
    let paths: [(path: String, methods: [HTTPRequest.Method])]

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let methods = paths.first(where: { Self.matches($0.path, request.uri.path) })?.methods else {
            return try await next(request, context)
        }
        if methods.contains(request.method) || (request.method == .head && methods.contains(.get)) {
            return try await next(request, context)
        }
        let allow = (methods.contains(.get) ? methods + [.head] : methods).map(\.rawValue) + ["OPTIONS"]
        let headers: HTTPFields = [.allow: allow.joined(separator: ", ")]
        if request.method == .options { return Response(status: .noContent, headers: headers) }
        throw Problem(.methodNotAllowed, "\(request.uri.path) does not take \(request.method)", headers: headers)
    }

    private static func matches(_ pattern: String, _ path: String) -> Bool {
        let patterns = pattern.split(separator: "/")
        let parts = path.split(separator: "/")
        return patterns.count == parts.count && zip(patterns, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
