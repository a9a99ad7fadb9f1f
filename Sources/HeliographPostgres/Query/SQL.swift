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
    /// What it is made of, in order: put together only where the server needs the whole, since a prepared statement goes by its
    /// name.
    private(set) var pieces: [Piece] = []
    private(set) var valueCount = 0

    enum Piece: Sendable {
        case text(String)
        case value(Bind)
    }

    /// The text as the server sees it, with `$1`, `$2`, … for the values.
    public var text: String {
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        var text = ""
        text.reserveCapacity(
            pieces.reduce(0) { sum, piece in
                if case .text(let text) = piece { sum + text.utf8.count } else { sum + 3 }
            })
        var number = 0
        for piece in pieces {
            switch piece {
            case .text(let piece): text += piece
            case .value:
                number += 1
                text += Self.placeholder(number)
            }
        }
        return text
    }

    /// The text that it begins with, as far as that lies in one piece.
    package var leadingText: String {
        if case .text(let text)? = pieces.first { text } else { "" }
    }

    /// Its values, in order, with their places from 0.
    func forEachValue<E: Error>(_ body: (Int, Bind) throws(E) -> Void) throws(E) {
        var index = 0
        for piece in pieces {
            guard case .value(let bind) = piece else { continue }
            try body(index, bind)
            index += 1
        }
    }

    /// A statement from text that the program vouches for; never build it from input.
    public init(unsafe text: String) { append(text) }

    public init(stringLiteral value: String) { append(value) }

    /// Values between texts that the program vouches for.
    /// - Parameter places: which of the values, in order.
    package init(unsafe head: String, _ values: [Bind], at places: [Int], separator: String, tail: String) {
        reserve(pieces: 2 * places.count + 1)
        append(head)
        var isFirst = true
        for place in places {
            if !isFirst { append(separator) }
            isFirst = false
            append(values[place])
        }
        append(tail)
    }

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
            if index > 0 { sum.append(separator) }
            sum.append(piece)
        }
        return sum
    }

    /// A name as SQL text: in double quotes, quotes inside doubled.
    public static func quoted(identifier: String) -> String {
        "\"" + Quoting.doubling("\"", in: identifier) + "\""
    }

    private mutating func append(_ text: String) {
        if !text.isEmpty { pieces.append(.text(text)) }
    }

    private mutating func append(_ bind: Bind) {
        pieces.append(.value(bind))
        valueCount += 1
    }

    private mutating func append(_ other: SQL) {
        pieces += other.pieces
        valueCount += other.valueCount
    }

    private mutating func reserve(pieces count: Int) { pieces.reserveCapacity(count) }

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

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = SQL(unsafe: "")

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserve(pieces: 2 * interpolationCount + 1)
        }

        public mutating func appendLiteral(_ literal: String) { sql.append(literal) }

        /// A value, sent as a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) { sql.append(value.bind) }

        /// A value or NULL, sent as a parameter.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) { sql.append(value.bind) }

        /// A value that has been encoded already.
        public mutating func appendInterpolation(bind: Bind) { sql.append(bind) }

        /// A table's, column's or other object's name, quoted.
        public mutating func appendInterpolation(identifier: String) {
            sql.append(SQL.quoted(identifier: identifier))
        }

        /// Another statement's text and values.
        public mutating func appendInterpolation(_ other: SQL) { sql.append(other) }

        /// Text that the program vouches for; never input.
        public mutating func appendInterpolation(unsafe text: String) { sql.append(text) }
    }
}
