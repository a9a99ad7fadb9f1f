import HTTPTypes
import Heliograph
import Hummingbird

/// The routes of the one part of a whole: create, read, change, delete.
struct PartRoutes<M: Part> {
    let database: Database

    func add(to router: some RouterMethods<some RequestContext>) {
        let path = RouterPath("/\(M.Whole.path)/{id}/\(M.noun)")
        router.get(path) { _, context in
            let whole = try context.parameters.id(of: M.Whole.self)
            let condition = condition(whole)
            guard let part = try await database.all(M.self, where: condition, limit: 1).first else {
                throw missing(whole)
            }
            return Response(json: part.json)
        }
        router.post(path) { request, context in
            let whole = try context.parameters.id(of: M.Whole.self)
            let part = try await create(whole, request.fields())
            return Response(
                status: .created, json: part.json, headers: [.location: "/\(M.Whole.path)/\(whole)/\(M.noun)"]
            )
        }
        router.patch(path) { request, context in
            let whole = try context.parameters.id(of: M.Whole.self)
            return Response(json: try await change(whole, request.fields()).json)
        }
        router.delete(path) { _, context in
            let whole = try context.parameters.id(of: M.Whole.self)
            try await database.transaction { transaction in
                guard let part = try await transaction.locked(M.self, where: condition(whole)) else {
                    throw missing(whole)
                }
                try await transaction.delete(part)
            }
            return Response(status: .noContent)
        }
    }

    private func create(_ whole: Int64, _ fields: FieldReader) async throws -> M {
        try await database.transaction { transaction in
            guard try await transaction.locked(M.Whole.self, where: "id = \(whole)") != nil else {
                throw Problem.notFound(M.Whole.noun, id: whole)
            }
            var fields = fields
            var part = M(of: whole)
            part.apply(&fields)
            fields.refuseRest(readOnly: M.readOnlyFields)
            try await fields.save(&part, in: transaction)
            return part
        }
    }

    private func change(_ whole: Int64, _ fields: FieldReader) async throws -> M {
        try await database.transaction { transaction in
            guard var part = try await transaction.locked(M.self, where: condition(whole)) else { throw missing(whole) }
            var fields = fields
            part.apply(&fields)
            fields.refuseRest(readOnly: M.readOnlyFields)
            try await fields.save(&part, in: transaction)
            return part
        }
    }

    private func condition(_ whole: Int64) -> SQL { "\(identifier: M.wholeColumn) = \(whole)" }

    private func missing(_ whole: Int64) -> Problem {
        Problem(.notFound, "\(M.Whole.noun) \(whole) has no \(M.noun), or does not exist")
    }
}
