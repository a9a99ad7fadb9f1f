import Hummingbird

extension Parameters {
    /// The `{id}` of the path. What is no number is the id of nothing.
    func id<M: Resource>(of model: M.Type) throws -> Int64 {
        let text = get("id") ?? ""
        guard let id = Int64(text) else { throw Problem.notFound(M.noun, id: text) }
        return id
    }
}

extension Request {
    /// A number in the query string; `nil` if it is not there.
    func number(_ name: Substring) throws -> Int64? {
        guard let text = uri.queryParameters[name] else { return nil }
        guard let number = Int64(text) else { throw Problem(.badRequest, "\(name) must be a number, not \(text)") }
        return number
    }
}
