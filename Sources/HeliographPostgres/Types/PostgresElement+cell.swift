/// What types have in common that are read from a column in exactly the format of an array's element.
extension PostgresArrayElement {
    /// Reads a column of a type that ``reads(_:)`` takes.
    static func element(of cell: Cell) throws -> Self {
        try cell.withBytes(for: Self.self) { bytes in
            guard reads(cell.type), let value = Self(elementBytes: bytes) else { throw cell.mismatch(Self.self) }
            return value
        }
    }
}
