/// One-dimensional arrays without NULLs, in PostgreSQL's binary format: dimensions, a flag for NULLs, the element type, length and
/// lower bound, then each element behind its length.
extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresArrayType }

    public var bind: Bind {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + count * 12)
        func append(_ value: Int32) { bytes += value.elementBytes }
        append(isEmpty ? 0 : 1)
        append(0)
        append(Int32(bitPattern: Element.postgresElementType.rawValue))
        if !isEmpty {
            append(Int32(clamping: count))
            append(1)
        }
        for element in self {
            if let reason = element.invalidReason { return .invalid(reason, as: Self.postgresType) }
            let value = element.elementBytes
            append(Int32(clamping: value.count))
            bytes += value
        }
        return .binary(bytes, as: Self.postgresType)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement & PostgresDecodable {
    public init(postgres cell: Cell) throws {
        self = try cell.withBytes(for: Self.self) { bytes in
            guard cell.type == Self.postgresType else { throw cell.mismatch(Self.self) }
            var rest = bytes[...]
            func next() -> Int32? {
                guard rest.count >= 4 else { return nil }
                defer { rest = rest.dropFirst(4) }
                return Int32(elementBytes: UnsafeRawBufferPointer(rebasing: rest.prefix(4)))
            }
            guard let dimensions = next(), next() != nil, next() != nil else { throw cell.mismatch(Self.self) }
            if dimensions == 0 { return [] }
            guard dimensions == 1, let count = next(), count >= 0, next() != nil else {
                throw cell.unrepresentable(Self.self, "it has \(dimensions) dimensions")
            }
            var elements: [Element] = []
            for _ in 0..<count {
                guard let length = next() else { throw cell.unrepresentable(Self.self, "it is cut short") }
                guard length >= 0 else { throw cell.unrepresentable(Self.self, "an element is NULL") }
                guard rest.count >= Int(length),
                    let element = Element(elementBytes: UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length))))
                else { throw cell.unrepresentable(Self.self, "an element is not a \(Element.self)") }
                elements.append(element)
                rest = rest.dropFirst(Int(length))
            }
            return elements
        }
    }

    public init(json value: JSONValue) throws {
        guard case .array(let values) = value else { throw JSONMismatch(Self.self) }
        self = try values.map { try Element(json: $0) }
    }
}
