/// A sender's name taken apart: quotes are needed in SQL only.
struct SenderParts: Hashable {
    let schema: String
    let table: String

    /// - Parameter sender: as SQL would name it, `public.users` or `"My Schema"."my ""table"""`.
    init(_ sender: String) {
        var parts = [""]
        var isQuoted = false
        var rest = Substring(sender)
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                parts[parts.count - 1].append("\"")
                rest.removeFirst()
            case "\"": isQuoted.toggle()
            case "." where !isQuoted: parts.append("")
            default: parts[parts.count - 1].append(character)
            }
        }
        schema = parts.count > 1 ? parts[0] : ""
        table = parts.last ?? ""
    }
}
