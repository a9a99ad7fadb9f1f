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
    enum Fragment: Sendable {
        case text(String)
        case value(Bind)
    }

    private(set) var fragments: [Fragment]

    /// A statement from text that the program vouches for; never build it from input.
    public init(unsafe text: String) { fragments = [.text(text)] }

    public init(stringLiteral value: String) { fragments = [.text(value)] }

    public init(stringInterpolation: StringInterpolation) { fragments = stringInterpolation.fragments }

    /// One statement after the other, their values renumbered.
    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.fragments += right.fragments
        return sum
    }

    /// Several pieces with a separator between them: `columns.joined(by: ", ")`.
    public static func joined(_ pieces: [SQL], by separator: String) -> SQL {
        var sum = SQL(unsafe: "")
        for (index, piece) in pieces.enumerated() {
            if index > 0 { sum.fragments.append(.text(separator)) }
            sum.fragments += piece.fragments
        }
        return sum
    }

    /// The text as the server sees it, with `$1`, `$2`, … for the values.
    public var text: String {
        var text = ""
        var count = 0
        for fragment in fragments {
            switch fragment {
            case .text(let piece): text += piece
            case .value:
                count += 1
                text += "$\(count)"
            }
        }
        return text
    }

    /// A name as SQL text: in double quotes, quotes inside doubled.
    public static func quoted(identifier: String) -> String {
        "\"" + Quoting.doubling("\"", in: identifier) + "\""
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var fragments: [Fragment] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            fragments.reserveCapacity(interpolationCount * 2 + 1)
        }

        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { fragments.append(.text(literal)) }
        }

        /// A value, sent as a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            fragments.append(.value(value.bind))
        }

        /// A value or NULL, sent as a parameter.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            fragments.append(.value(value.bind))
        }

        /// A value that has been encoded already.
        public mutating func appendInterpolation(bind: Bind) { fragments.append(.value(bind)) }

        /// A table's, column's or other object's name, quoted.
        public mutating func appendInterpolation(identifier: String) {
            fragments.append(.text(SQL.quoted(identifier: identifier)))
        }

        /// Another statement's text and values.
        public mutating func appendInterpolation(_ sql: SQL) { fragments += sql.fragments }

        /// Text that the program vouches for; never input.
        public mutating func appendInterpolation(unsafe text: String) { fragments.append(.text(text)) }
    }
}
