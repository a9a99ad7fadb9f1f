import HeliographPostgres

extension Record {
    /// The record in Heliograph's own envelope: one JSON object in one line. Numbers keep every digit.
    public var json: String {
        let context = self.context.flatMap { try? JSONValue(parsing: $0) }
        var members = [
            "\"id\":\(isBackfill ? "null" : "\(id)")",
            "\"signal\":\(JSONValue.quoted(signal))",
            "\"sender\":\(JSONValue.quoted(sender))",
            "\"operation\":\(JSONValue.quoted(operation.rawValue))",
            "\"created\":\(isCreated)",
            "\"key\":\(key ?? "null")",
        ]
        if let partition { members.insert("\"partition\":\(JSONValue.quoted(partition))", at: 3) }
        if isBackfill { members.append("\"backfill\":true") }
        if isTruncated { members.append("\"truncated\":true") }
        if let previousKey { members.append("\"previous_key\":\(previousKey)") }
        members += [
            "\"instance\":\(instance.map(Self.inOneLine) ?? "null")",
            "\"previous\":\(previous.map(Self.inOneLine) ?? "null")",
            "\"changed\":" + (changed.map { "[" + $0.map(JSONValue.quoted).joined(separator: ",") + "]" } ?? "null"),
            "\"at\":\(JSONValue.quoted(at))",
            "\"transaction\":\(isBackfill ? "null" : JSONValue.quoted(transaction))",
            "\"origin\":\(context?["origin"]?.description ?? "null")",
            "\"context\":\(contextJSON(context))",
        ]
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A context that is no JSON is given as a string: the log takes from the writer whatever it says.
    private func contextJSON(_ parsed: JSONValue?) -> String {
        parsed?.description ?? context.map(JSONValue.quoted) ?? "null"
    }

    /// A json column keeps the writer's white space, and between tokens that may be line ends; inside strings they are escaped.
    static func inOneLine(_ json: String) -> String {
        // By bytes: what Unicode calls a line break besides is a part of a string.
        let isBreak: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard json.utf8.contains(where: isBreak) else { return json }
        return String(decoding: json.utf8.map { isBreak($0) ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}
