import HeliographPostgres

/// Values as they stand in the text of statements that take no parameters, such as CREATE TABLE.
enum SQLText {
    /// A string, in quotes.
    static func literal(_ text: String) -> String {
        let doubled = Quoting.doubling("'", in: text)
        // An escape string means the same whatever `standard_conforming_strings` says.
        return doubled.contains("\\") ? "E'\(Quoting.doubling("\\", in: doubled))'" : "'\(doubled)'"
    }

    /// A value, with its type where it has one; `nil` for one that only the server can put into words.
    static func literal(_ bind: Bind) -> String? {
        guard let json = try? bind.json else { return nil }
        let text: String
        switch json {
        case .null: return "NULL"
        case .bool(let value): return value ? "true" : "false"
        case .number(let digits):
            // A minus sign would bind less than a cast.
            // And a number alone is a numeric, which is not the same as the real next to it.
            return digits.hasPrefix("-") || bind.type == .float4 || bind.type == .float8
                ? "'\(digits)'::\(bind.type.sqlName)" : digits
        case .string(let string): text = string
        case .array(let elements) where bind.type != .jsonb && bind.type != .json:
            let literals = elements.map { element -> String? in
                switch element {
                case .null: "NULL"
                case .bool(let value): "\(value)"
                case .number(let digits): digits
                case .string(let text): literal(text)
                case .array, .object: nil
                }
            }
            guard !literals.contains(nil) else { return nil }
            return "ARRAY[\(literals.compactMap(\.self).joined(separator: ", "))]::\(bind.type.sqlName)"
        case .array, .object:
            guard bind.type == .jsonb || bind.type == .json else { return nil }
            text = json.description
        }
        return bind.type == .unknown ? literal(text) : "\(literal(text))::\(bind.type.sqlName)"
    }
}
