public import Foundation

// Which columns a property may belong to, found out before the first row is read.

extension PostgresDecodable {
    /// Whether all values of a column's type can be read as this one.
    ///
    /// - Parameters:
    ///   - type: The column's type; of a domain, the type below it.
    ///   - element: If that is an array, the type of its elements.
    /// - Returns: `true` where the type does not say.
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool { true }
}

extension PostgresArrayElement {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool { reads(type) }
}

extension Array where Element: PostgresArrayElement {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        if type == .bytea { return self == [UInt8].self }
        return element.map(Element.reads) ?? false
    }
}

extension Optional where Wrapped: PostgresDecodable {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        Wrapped.accepts(type, element: element)
    }
}

extension RawRepresentable where Self: PostgresDecodable, RawValue: PostgresDecodable {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        RawValue.accepts(type, element: element)
    }
}

extension RawRepresentable where Self: PostgresArrayElement, RawValue: PostgresArrayElement {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        RawValue.accepts(type, element: element)
    }
}

extension String {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        // An array of a type of one's own has an identifier like a type of one's own.
        element == nil && (reads(type) || type == .jsonb || type == .numeric)
    }
}

extension Int16 {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool { type == .int2 }
}

extension Int32 {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool { type == .int2 || type == .int4 }
}

extension Int64 {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        [.int2, .int4, .int8, .oid].contains(type)
    }
}

extension Int {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        [.int2, .int4, .int8, .oid].contains(type)
    }
}

extension UInt8 {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool { type == .int2 }
}

extension Double {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        type == .float4 || type == .float8
    }
}

extension Decimal {
    public static func accepts(_ type: PostgresType, element: PostgresType?) -> Bool {
        [.int2, .int4, .int8, .numeric].contains(type)
    }
}
