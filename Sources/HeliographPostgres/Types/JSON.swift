import Foundation

/// A value that is kept as JSON: sent as `jsonb`, read from `json` and `jsonb`.
///
/// ```swift
/// try await connection.query("INSERT INTO events (body) VALUES (\(JSON(event)))")
/// let event = try row.decode("body", as: JSON<Event>.self).value
/// ```
///
/// Dates are written as `JSONEncoder` does it; give the type its own coding where another form is wanted.
public struct JSON<Value: Codable & Sendable>: Sendable {
    public var value: Value

    public init(_ value: Value) { self.value = value }
}

extension JSON: Equatable where Value: Equatable {}
extension JSON: Hashable where Value: Hashable {}

extension JSON: PostgresCodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .jsonb }
    public static var postgresElementType: PostgresType { .jsonb }
    public static var postgresArrayType: PostgresType { .jsonbArray }
    public static func reads(_ type: PostgresType) -> Bool { type == .jsonb || type == .json }

    private var encoded: Result<[UInt8], any Error> { Result { Array(try JSONEncoder().encode(value)) } }

    /// One byte of format version stands before the text.
    public var elementBytes: [UInt8] { (try? encoded.get()).map { [1] + $0 } ?? [] }

    public var invalidReason: String? {
        if case .failure(let error) = encoded { "it cannot be written as JSON: \(error)" } else { nil }
    }

    public var bind: Bind {
        switch encoded {
        case .success(let text): .binary([1] + text, as: .jsonb)
        case .failure(let error): .invalid("it cannot be written as JSON: \(error)", as: .jsonb)
        }
    }

    public init?(elementBytes: UnsafeRawBufferPointer) {
        // json has no version in front; no JSON text begins with that byte.
        let text = elementBytes.first == 1 ? UnsafeRawBufferPointer(rebasing: elementBytes.dropFirst()) : elementBytes
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(text)) else { return nil }
        self.value = value
    }

    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: Self.self) { bytes in
            guard Self.reads(cell.type) else { throw cell.mismatch(Self.self) }
            guard let value = Self(elementBytes: bytes) else {
                throw cell.unrepresentable(Self.self, "the JSON is not of the form that \(Value.self) is written in")
            }
            return value
        }
    }

    public init(json value: JSONValue) throws {
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(value.description.utf8)) else {
            throw JSONMismatch(Self.self)
        }
        self.value = value
    }
}
