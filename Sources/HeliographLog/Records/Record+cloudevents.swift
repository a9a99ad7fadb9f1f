import Foundation
import HeliographPostgres

extension Record {
    /// A CloudEvent, version 1.0 (<https://github.com/cloudevents/spec>).
    ///
    /// `source` and `id` together are unique: the number of a record that a crash has taken back may be given again, that of its
    /// transaction with it may not be. `partitionkey` is the row's key, `traceparent` the writer's; both are extensions of the
    /// specification.
    var cloudEvent: String {
        let source = sender.addingPercentEncoding(
            withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "._-")))
        var members: [(String, JSONValue?)] = [
            ("specversion", .string("1.0")),
            ("id", .string(isBackfill ? "\(at)\(id)" : "\(transaction)-\(id)")),
            ("source", .string("/heliograph/\(source ?? "")")),
            ("type", .string("heliograph.\(signal).\(operation.rawValue)")),
            ("subject", key.map { .string($0) }),
            ("time", .string(at)),
            ("datacontenttype", .string("application/json")),
            ("partitionkey", key.map { .string($0) }),
        ]
        let context = self.context.flatMap { try? JSONValue(parsing: $0) }
        members.append(("traceparent", context?["traceparent"]))
        let head = members.compactMap { name, value in value.map { "\(JSONValue.quoted(name)):\($0)" } }
        return "{" + head.joined(separator: ",") + ",\"data\":\(json)}"
    }
}
