import Foundation
import HeliographPostgres

extension Record {
    /// Debezium's envelope of a change (its PostgreSQL connector's, with `replica identity full`): `op` is c, u, d or t; `before` of an
    /// update is the row with its old values put back.
    var debeziumEvent: String {
        let name = SenderParts(sender)
        let milliseconds = self.milliseconds.map { JSONValue.number("\($0)") } ?? .null
        let source: [(String, JSONValue)] = [
            ("connector", .string("heliograph")), ("ts_ms", milliseconds), ("snapshot", .string("false")),
            ("schema", .string(name.schema)), ("table", .string(name.table)), ("txId", .number(transaction)),
            ("sequence", .string("\(id)")),
        ]
        let after = operation == .delete || operation == .truncate ? nil : instance
        return "{\"before\":\(before ?? "null"),\"after\":\(after.map(Self.inOneLine) ?? "null"),"
            + "\"source\":\(JSONValue.object(source.map { .init(name: $0.0, value: $0.1) })),"
            + "\"op\":\"\(code)\",\"ts_ms\":\(milliseconds),"
            + "\"transaction\":{\"id\":\(JSONValue.quoted(transaction)),\"total_order\":\(id)}}"
    }

    private var code: String {
        switch operation {
        case .insert: "c"
        case .update: "u"
        case .delete: "d"
        case .truncate: "t"
        }
    }

    private var before: String? {
        switch operation {
        case .insert, .truncate: return nil
        case .delete: return instance.map(Self.inOneLine)
        case .update:
            guard let row = instance.flatMap({ try? JSONValue(parsing: $0) }), case .object(let members) = row,
                let old = previous.flatMap({ try? JSONValue(parsing: $0) })
            else { return previous.map(Self.inOneLine) }
            let former = members.map { JSONValue.Member(name: $0.name, value: old[$0.name] ?? $0.value) }
            return JSONValue.object(former).description
        }
    }

    /// Since 1970.
    private var milliseconds: Int64? {
        guard let dot = at.lastIndex(of: "."), let whole = try? Date("\(at[..<dot])Z", strategy: .iso8601),
            let fraction = Int64(at[dot...].dropFirst().prefix(3))
        else { return nil }
        return Int64(whole.timeIntervalSince1970) * 1_000 + fraction
    }
}
