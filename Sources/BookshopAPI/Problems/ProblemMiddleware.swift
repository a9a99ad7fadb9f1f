import HTTPTypes
import Heliograph
import Hummingbird
import Logging

/// Answers every error with a problem document.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let response = problem(for: error, request, context).response
            // An answer to HEAD has no body: the client would take it for the next answer.
            return request.method == .head ? response.createHeadResponse() : response
        }
    }

    private func problem(for error: any Error, _ request: Request, _ context: Context) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let failure as ValidationFailure: return Problem(failure)
        case let error as ModelError where error.code == .notFound: return Problem(.notFound, error.message)
        case is CancellationError:
            context.logger.debug("a request was cut off")
            return Problem(.serviceUnavailable, "the server is shutting down: try again")
        case let error as PostgresError where error.isTransient || error.sqlState == .queryCanceled:
            context.logger.warning("the database cannot serve a request", metadata: ["error": "\(error)"])
            return Problem(.serviceUnavailable, "the database cannot be used at the moment: try again")
        case let error as HTTPError:
            let fallback =
                error.status == .notFound ? "there is nothing at \(request.uri.path)" : error.status.reasonPhrase
            return Problem(error.status, error.body ?? fallback)
        case let error as any HTTPResponseError: return Problem(error.status, error.status.reasonPhrase)
        default:
            // What it says may hold anything, so it is for the log and not for the client.
            context.logger.error("a request failed", metadata: ["error": "\(error)"])
            return Problem(.internalServerError, "the request failed; the server's log says why")
        }
    }
}
