import Bookshop
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

    /// All routes, with their middleware.
    public func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.addMiddleware {
            MetricsMiddleware()
            ProblemMiddleware()
            RequestContextMiddleware()
        }
        operations.add(to: router)
        ResourceRoutes<User>(database: database).add(to: router)
        ResourceRoutes<Book>(database: database).add(to: router)
        PartRoutes<Profile>(database: database).add(to: router)
        PartRoutes<Summary>(database: database).add(to: router)
        return router
    }
}
