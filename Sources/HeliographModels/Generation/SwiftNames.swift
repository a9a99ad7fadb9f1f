/// Names of tables and columns as Swift code would have them.
enum SwiftNames {
    /// `order_items` becomes `OrderItem`: a table of many, a model of one.
    static func type(_ table: String) -> String {
        var words = words(of: table)
        if let last = words.popLast() { words.append(singular(last)) }
        let joined = words.map(capitalised).joined()
        let name = reserved.contains(joined) ? "\(joined)Row" : joined
        return name.first?.isNumber == true || name.isEmpty ? "Table\(name)" : name
    }

    /// `is_active` becomes `isActive`, `author_id` becomes `authorID`, `created at` becomes `createdAt`.
    static func property(_ column: String) -> String { name(of: column, prefix: "column") }

    private static func name(of column: String, prefix: String) -> String {
        let words = words(of: column)
        let name = words.enumerated().map { place, word in
            place == 0 ? word : initialisms.contains(word) ? word.uppercased() : capitalised(word)
        }.joined()
        let whole = name.first?.isNumber == true || name.isEmpty ? "\(prefix)\(capitalised(name))" : name
        // `self` is a key path of its own, in quotes too.
        if whole == "self" { return "\(prefix)Self" }
        return keywords.contains(whole) ? "`\(whole)`" : whole
    }

    /// A label of an enum as the name of a case.
    static func enumCase(_ label: String) -> String { name(of: label, prefix: "case") }

    /// Different names for things that would have the same, by a number behind them.
    static func distinct(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.map { name in
            var candidate = name
            var number = 2
            while !taken.insert(candidate).inserted {
                candidate = "\(name.filter { $0 != "`" })\(number)"
                number += 1
            }
            return candidate
        }
    }

    /// Types that the code of a model names, or cannot be called.
    private static let reserved: Set<String> = [
        "Any", "Array", "Bool", "Column", "Data", "Date", "Decimal", "Double", "Error", "Float", "Int16", "Int32",
        "Int64",
        "Interval", "Key", "LocalDate", "LocalDateTime", "LocalTime", "Mapping", "Model", "Nested", "Optional",
        "PostgresCodable", "PostgresRange", "Protocol", "Self", "String", "Type", "UUID",
    ]

    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var previous: Character?
        for character in name {
            let isPart = character.isLetter || character.isNumber
            // `createdAt` has two words, `ID` one.
            if !isPart || character.isUppercase && previous?.isLowercase == true {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isPart { word.append(contentsOf: character.lowercased()) }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    private static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    private static func singular(_ word: String) -> String {
        if ["status", "news", "series", "species", "address", "process", "access", "business", "bus"].contains(word) {
            return word
        }
        if word.hasSuffix("ies"), word.count > 4 { return word.dropLast(3) + "y" }
        if ["sses", "shes", "ches", "xes"].contains(where: word.hasSuffix) { return String(word.dropLast(2)) }
        if word.hasSuffix("s"), !word.hasSuffix("ss"), !word.hasSuffix("us"), !word.hasSuffix("is"), word.count > 2 {
            return String(word.dropLast())
        }
        return word
    }

    private static let initialisms: Set<String> = ["id", "url", "uuid", "http", "html", "json", "xml", "sql", "ip"]

    private static let keywords: Set<String> = [
        "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import", "init", "inout",
        "internal", "let", "open", "operator", "private", "protocol", "public", "rethrows", "static", "struct",
        "subscript", "typealias", "var", "break", "case", "continue", "default", "defer", "do", "else", "fallthrough",
        "for", "guard", "if", "in", "repeat", "return", "switch", "where", "while", "as", "Any", "catch", "false", "is",
        "nil", "precedencegroup", "super", "self", "Self", "throw", "throws", "true", "try", "mapping",
    ]
}
