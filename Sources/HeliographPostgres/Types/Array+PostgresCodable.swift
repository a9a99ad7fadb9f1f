/// One-dimensional arrays: of values, or of optionals where elements may be NULL. `[UInt8]` is a `bytea`.
extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public var bind: Bind { Element.bind(array: self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public init(postgres cell: Cell) throws { self = try Element.array(postgres: cell) }
    public init(json value: JSONValue) throws { self = try Element.array(json: value) }
}

/// PostgreSQL's binary format: dimensions, a flag for NULLs, the element type, length and lower bound, then each element behind
/// its length.
extension PostgresArrayElement {
    public static func bind(array: [Self]) -> Bind {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + array.count * 12)
        func append(_ value: Int32) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
        append(array.isEmpty ? 0 : 1)
        append(array.contains(where: \.isNullElement) ? 1 : 0)
        append(Int32(bitPattern: postgresElementType.rawValue))
        if !array.isEmpty {
            append(Int32(clamping: array.count))
            append(1)
        }
        for element in array {
            if element.isNullElement {
                append(-1)
                continue
            }
            if let reason = element.invalidReason { return .invalid(reason, as: postgresArrayType) }
            let value = element.elementBytes
            append(Int32(clamping: value.count))
            bytes += value
        }
        return .binary(bytes, as: postgresArrayType)
    }

    public static func array(postgres cell: Cell) throws -> [Self] {
        try cell.withBytes(for: [Self].self) { bytes in
            var reader = ByteReader(bytes)
            guard !cell.type.isKnownScalar, let dimensions = reader.int32(), let flags = reader.int32(),
                (0...1).contains(flags),
                let type = reader.int32().map({ PostgresType(rawValue: UInt32(bitPattern: $0)) }),
                reads(type)
            else { throw cell.mismatch([Self].self) }
            if dimensions == 0 { return [] }
            guard dimensions == 1, let count = reader.int32(), count >= 0, reader.int32() != nil else {
                throw cell.unrepresentable([Self].self, "it has \(dimensions) dimensions")
            }
            var elements: [Self] = []
            // What a short message claims to hold is not to be believed.
            elements.reserveCapacity(Swift.min(Int(count), reader.count / 4))
            for _ in 0..<count {
                guard let length = reader.int32() else { throw cell.unrepresentable([Self].self, "it is cut short") }
                if length == -1 {
                    guard let null = nullElement else { throw cell.unrepresentable([Self].self, "an element is NULL") }
                    elements.append(null)
                    continue
                }
                guard let bytes = reader.bytes(Int(length)), let element = Self(elementBytes: bytes) else {
                    throw cell.unrepresentable([Self].self, "an element is not a \(Self.self)")
                }
                elements.append(element)
            }
            return elements
        }
    }

    public static func array(json value: JSONValue) throws -> [Self] {
        guard case .array(let values) = value else { throw JSONMismatch([Self].self) }
        return try values.map { try Self(json: $0) }
    }
}
