import HTTPTypes
import Heliograph
import Hummingbird

/// Why a request was not done, as `application/problem+json` (RFC 9457).
struct Problem: Error {
    let status: HTTPResponse.Status
    /// What happened, in a sentence for people.
    let detail: String
    /// Of a refused instance: every field at fault.
    var errors: [FieldError] = []
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ detail: String, errors: [FieldError] = [], headers: HTTPFields = [:]) {
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// The refusal of an instance, with all its fields.
    init(_ failure: ValidationFailure) {
        self.init(
            .unprocessableContent, "the \(failure.fields.count == 1 ? "value of a field" : "values") cannot be accepted"
        )
        errors = failure.fields
    }

    static func notFound(_ what: String, id: some CustomStringConvertible) -> Problem {
        Problem(.notFound, "there is no \(what) \(id)")
    }

    var response: Response {
        var members = [
            JSONValue.Member(name: "type", value: .string("about:blank")),
            JSONValue.Member(name: "title", value: .string(status.reasonPhrase)),
            JSONValue.Member(name: "status", value: .number("\(status.code)")),
            JSONValue.Member(name: "detail", value: .string(detail)),
        ]
        if !errors.isEmpty {
            let errors = errors.map { error in
                JSONValue.object([
                    .init(name: "field", value: .string(error.field)), .init(name: "code", value: .string(error.code)),
                    .init(name: "message", value: .string(error.message)),
                ])
            }
            members.append(.init(name: "errors", value: .array(errors)))
        }
        return Response(
            status: status, json: .object(members), contentType: "application/problem+json", headers: headers)
    }
}
