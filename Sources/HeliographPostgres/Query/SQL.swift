/// A statement with its values kept apart.
///
/// Written as a string literal, in which an interpolated value becomes a parameter and never text:
///
/// ```swift
/// let sql: SQL = "SELECT * FROM \(identifier: table) WHERE email = \(email)"
/// ```
///
/// What must be text is marked: `\(identifier:)` quotes a name, `\(unsafe:)` pastes as it is.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The text as the server sees it, with `$1`, `$2`, … for the values.
    public private(set) var text: String
    /// The values, in order.
    private(set) var parameters: [Parameter] = []

    struct Parameter: Sendable {
        let bind: Bind
        /// Where in the text's UTF-8 its `$n` stands, so that a statement can be put behind another one.
        var mark: Int
    }

    /// A statement from text that the program vouches for; never build it from input.
    public init(unsafe text: String) { self.text = text }

    public init(stringLiteral value: String) { text = value }

    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.sql }

    /// One statement after the other, their values renumbered.
    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    /// Several pieces with a separator between them: `columns.joined(by: ", ")`.
    public static func joined(_ pieces: [SQL], by separator: String) -> SQL {
        var sum = SQL(unsafe: "")
        for (index, piece) in pieces.enumerated() {
            if index > 0 { sum.text += separator }
            sum.append(piece)
        }
        return sum
    }

    /// A name as SQL text: in double quotes, quotes inside doubled.
    public static func quoted(identifier: String) -> String {
        "\"" + Quoting.doubling("\"", in: identifier) + "\""
    }

    private mutating func append(_ bind: Bind) {
        parameters.append(Parameter(bind: bind, mark: text.utf8.count))
        text += Self.placeholder(parameters.count)
    }

    /// The first ones as literals, which cost nothing: nearly all statements have few values.
    private static func placeholder(_ number: Int) -> String {
        switch number {
        case 1: "$1"
        case 2: "$2"
        case 3: "$3"
        case 4: "$4"
        case 5: "$5"
        case 6: "$6"
        case 7: "$7"
        case 8: "$8"
        default: "$\(number)"
        }
    }

    private mutating func append(_ other: SQL) {
        guard let first = other.parameters.first else {
            text += other.text
            return
        }
        let utf8 = other.text.utf8
        if parameters.isEmpty {
            let shift = text.utf8.count
            text += other.text
            parameters = other.parameters.map { Parameter(bind: $0.bind, mark: $0.mark + shift) }
            return
        }
        text += other.text[..<utf8.index(utf8.startIndex, offsetBy: first.mark)]
        for (index, parameter) in other.parameters.enumerated() {
            append(parameter.bind)
            let behind = parameter.mark + 1 + String(index + 1).utf8.count
            let next = index + 1 < other.parameters.count ? other.parameters[index + 1].mark : utf8.count
            text +=
                other.text[utf8.index(utf8.startIndex, offsetBy: behind)..<utf8.index(utf8.startIndex, offsetBy: next)]
        }
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = SQL(unsafe: "")

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.text.reserveCapacity(literalCapacity + interpolationCount * 3)
            sql.parameters.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) { sql.text += literal }

        /// A value, sent as a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) { sql.append(value.bind) }

        /// A value or NULL, sent as a parameter.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) { sql.append(value.bind) }

        /// A value that has been encoded already.
        public mutating func appendInterpolation(bind: Bind) { sql.append(bind) }

        /// A table's, column's or other object's name, quoted.
        public mutating func appendInterpolation(identifier: String) {
            sql.text += SQL.quoted(identifier: identifier)
        }

        /// Another statement's text and values.
        public mutating func appendInterpolation(_ other: SQL) { sql.append(other) }

        /// Text that the program vouches for; never input.
        public mutating func appendInterpolation(unsafe text: String) { sql.text += text }
    }
}
