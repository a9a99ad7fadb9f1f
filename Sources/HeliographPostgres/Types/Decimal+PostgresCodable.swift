public import Foundation

/// `numeric`. A `Decimal` has 38 digits, PostgreSQL many more: a value that does not fit is an error, and can be read as a
/// `String`, which has all of them.
extension Decimal: PostgresCodable, PostgresArrayElement {
    /// What `Decimal` can hold exactly.
    private static let digits = 38

    public static var postgresType: PostgresType { .numeric }
    public static var postgresElementType: PostgresType { .numeric }
    public static var postgresArrayType: PostgresType { .numericArray }

    private var numeric: NumericDigits? { isNaN ? nil : NumericDigits(plainText) }

    /// Without an exponent, which `description` never writes, in any locale.
    private var plainText: String { description }

    public var elementBytes: [UInt8] { numeric?.bytes ?? [] }
    public var invalidReason: String? { numeric == nil ? "\(self) is no number that numeric can hold" : nil }

    public var bind: Bind {
        numeric.map { .binary($0.bytes, as: .numeric) } ?? .invalid(invalidReason ?? "no number", as: .numeric)
    }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        guard let numeric = NumericDigits(elementBytes), let value = Decimal(numeric) else { return nil }
        self = value
    }

    private init?(_ numeric: NumericDigits) {
        guard numeric.special == nil, numeric.significantDigits <= Self.digits, (-32...30).contains(numeric.weight)
        else {
            return nil
        }
        self.init(string: numeric.text, locale: Locale(identifier: "en_US_POSIX"))
    }

    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: Decimal.self) { bytes in
            switch cell.type {
            case .numeric: break
            case .int8, .int4, .int2: return Decimal(try Int64(postgres: cell))
            default: throw cell.mismatch(Decimal.self)
            }
            guard let numeric = NumericDigits(bytes) else { throw cell.mismatch(Decimal.self) }
            if let special = numeric.special { throw cell.unrepresentable(Decimal.self, "it is \(special)") }
            guard let value = Decimal(numeric) else {
                throw cell.unrepresentable(
                    Decimal.self, "it has more than the \(Self.digits) digits of a Decimal: read it as a String")
            }
            return value
        }
    }

    public init(json value: JSONValue) throws {
        guard case .number(let text) = value, let numeric = NumericDigits(text), let value = Decimal(numeric) else {
            throw JSONMismatch(Decimal.self)
        }
        self = value
    }
}
