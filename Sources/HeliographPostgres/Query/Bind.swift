/// A value as it goes to the server.
public struct Bind: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case null
        /// Up to eight bytes, without an allocation.
        case word(WordBytes)
        case binary([UInt8])
        case text(String)
        case invalid(String)
    }

    static let nulReason = "PostgreSQL's text cannot hold the character NUL (U+0000)"

    /// The type it is sent as; ``PostgresType/unknown`` leaves it to the server.
    public let type: PostgresType
    let content: Content

    /// Whether it is NULL.
    public var isNull: Bool { if case .null = content { true } else { false } }

    /// A value in the type's binary format.
    public static func binary(_ bytes: [UInt8], as type: PostgresType) -> Bind {
        Bind(type: type, content: .binary(bytes))
    }

    /// An integer of up to 64 bits in PostgreSQL's byte order, which is the binary format of many types.
    public static func integer(_ value: some FixedWidthInteger, as type: PostgresType) -> Bind {
        guard let word = WordBytes(value) else {
            return .binary(withUnsafeBytes(of: value.bigEndian) { Array($0) }, as: type)
        }
        return Bind(type: type, content: .word(word))
    }

    /// A value in its text format. With ``PostgresType/unknown`` the server takes the type from where the value stands.
    public static func text(_ text: String, as type: PostgresType = .unknown) -> Bind {
        // PostgreSQL has no NUL in text; libpq would cut the value short there without a word.
        text.containsNUL
            ? Bind(type: type, content: .invalid(nulReason))
            : Bind(type: type, content: .text(text))
    }

    /// NULL of a type.
    public static func null(_ type: PostgresType) -> Bind { Bind(type: type, content: .null) }

    /// A value that has no counterpart in PostgreSQL: the statement is refused with this reason before it is sent.
    public static func invalid(_ reason: String, as type: PostgresType) -> Bind {
        Bind(type: type, content: .invalid(reason))
    }
}
