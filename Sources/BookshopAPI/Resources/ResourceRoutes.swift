import HTTPTypes
import Heliograph
import Hummingbird

/// The routes of a collection: list, create, read, change, delete.
struct ResourceRoutes<M: Resource> {
    let database: Database

    /// Of a list, at most so many at once.
    private static var largestPage: Int { 1000 }

    func add(to router: some RouterMethods<some RequestContext>) {
        let collection = RouterPath("/\(M.path)")
        let item = RouterPath("/\(M.path)/{id}")
        router.get(collection) { request, _ in try await list(request) }
        router.post(collection) { request, _ in try await create(request) }
        router.get(item) { _, context in
            let id = try context.parameters.id(of: M.self)
            guard let instance = try await database.find(M.self, id) else { throw Problem.notFound(M.noun, id: id) }
            return Response(json: instance.json)
        }
        router.patch(item) { request, context in
            try await change(context.parameters.id(of: M.self), request.fields())
        }
        router.delete(item) { _, context in
            let id = try context.parameters.id(of: M.self)
            try await database.transaction { transaction in
                guard let instance = try await transaction.locked(M.self, where: "id = \(id)") else {
                    throw Problem.notFound(M.noun, id: id)
                }
                try await transaction.delete(instance)
            }
            return Response(status: .noContent)
        }
    }

    /// `?limit=100&after=7`: the next ones by key.
    private func list(_ request: Request) async throws -> Response {
        let limit = try request.number("limit") ?? 100
        let after = try request.number("after") ?? 0
        guard (1...Int64(Self.largestPage)).contains(limit) else {
            throw Problem(.badRequest, "limit must be from 1 to \(Self.largestPage)")
        }
        let page = try await database.all(M.self, where: "id > \(after)", orderBy: "id", limit: Int(limit))
        return Response(json: .array(page.map(\.json)))
    }

    private func create(_ request: Request) async throws -> Response {
        var fields = try await request.fields()
        var new = M(reading: &fields)
        fields.refuseRest(readOnly: M.readOnlyFields)
        let created = try await database.transaction { [fields, new] transaction in
            var instance = new
            try await fields.save(&instance, in: transaction)
            return instance
        }
        new = created
        return Response(
            status: .created, json: new.json, headers: [.location: "/\(M.path)/\(new.id.map { "\($0)" } ?? "")"]
        )
    }

    private func change(_ id: Int64, _ fields: FieldReader) async throws -> Response {
        let changed = try await database.transaction { transaction in
            // Locked, so that two changes of different fields at once both last.
            guard var instance = try await transaction.locked(M.self, where: "id = \(id)") else {
                throw Problem.notFound(M.noun, id: id)
            }
            var fields = fields
            instance.apply(&fields)
            fields.refuseRest(readOnly: M.readOnlyFields)
            try await fields.save(&instance, in: transaction)
            return instance
        }
        return Response(json: changed.json)
    }
}
