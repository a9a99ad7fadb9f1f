import Bookshop
import HTTPTypes
public import Heliograph
public import HeliographDashboard
public import Hummingbird

/// The Bookshop's HTTP interface.
///
/// | path | methods |
/// |---|---|
/// | `/users`, `/books` | GET (`?limit=` and `?after=`), POST |
/// | `/users/{id}`, `/books/{id}` | GET, PATCH, DELETE |
/// | `/users/{id}/profile`, `/books/{id}/summary` | GET, POST, PATCH, DELETE |
///
/// and those of ``OperationsRoutes``. Errors are problem documents (RFC 9457).
public struct BookshopAPI: Sendable {
    private let database: Database
    private let operations: OperationsRoutes

    public init(database: Database, operations: OperationsRoutes) {
        self.database = database
        self.operations = operations
    }

    /// Which methods each path takes, for those that ask or take another one.
    static let paths: [(path: String, methods: [HTTPRequest.Method])] = [
        ("/users", [.get, .post]), ("/books", [.get, .post]),
        ("/users/{id}", [.get, .patch, .delete]), ("/books/{id}", [.get, .patch, .delete]),
        ("/users/{id}/profile", [.get, .post, .patch, .delete]),
        ("/books/{id}/summary", [.get, .post, .patch, .delete]),
        ("/health/live", [.get]), ("/health/ready", [.get]), ("/metrics", [.get]), ("/signals/stream", [.get]),
    ]

    /// All routes, with their middleware.
    public func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            // Outermost, so that the metrics count what is thrown as what it is.
            ProblemMiddleware()
            MetricsMiddleware()
            RequestContextMiddleware()
            MethodMiddleware(paths: Self.paths)
        }
        operations.add(to: router)
        ResourceRoutes<User>(database: database).add(to: router)
        ResourceRoutes<Book>(database: database).add(to: router)
        PartRoutes<Profile>(database: database).add(to: router)
        PartRoutes<Summary>(database: database).add(to: router)
        return router
    }
}
