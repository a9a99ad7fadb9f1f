import NIOHTTP1

/// A request as a test server got it.
struct TestRequest: Sendable {
    let head: HTTPRequestHead
    let body: String

    func header(_ name: String) -> String? { head.headers.first(name: name) }
}
