public import HeliographPostgres

/// How a property gets into its columns and out of them: one column, or several for a nested value.
///
/// A class, since what a mapping keeps of its columns is copied for each row: one pointer a column.
@usableFromInline
final class PropertyCodec<Value: Sendable>: Sendable {
    /// The columns, before anything was said of them.
    @usableFromInline let descriptions: [ColumnDescription]
    /// Reads the property from a row, and steps over its columns.
    @usableFromInline let decode: @Sendable (Row, inout PropertyPlace) throws -> Value
    /// Reads the property from a record of the log, given the columns of the model and the place of its first.
    @usableFromInline let decodeRecord: @Sendable (JSONValue, TableDescription, inout Int) throws -> Value
    /// Adds the parameters of the property.
    @usableFromInline let append: @Sendable (Value, inout [Bind]) -> Void

    @usableFromInline
    init(
        descriptions: [ColumnDescription], decode: @escaping @Sendable (Row, inout PropertyPlace) throws -> Value,
        decodeRecord: @escaping @Sendable (JSONValue, TableDescription, inout Int) throws -> Value,
        append: @escaping @Sendable (Value, inout [Bind]) -> Void
    ) {
        self.descriptions = descriptions
        self.decode = decode
        self.decodeRecord = decodeRecord
        self.append = append
    }
}

extension PropertyCodec where Value: PostgresCodable {
    /// One column whose type knows how.
    @inlinable
    convenience init(_ name: String, isKey: Bool) {
        self.init(
            descriptions: [ColumnDescription(name: name, valueType: Value.self, isKey: isKey)],
            decode: { row, place in try row.decode(place.next(), as: Value.self) },
            decodeRecord: { record, table, index in
                defer { index += 1 }
                return try table.decode(record, column: index, as: Value.self)
            },
            append: { value, binds in binds.append(value.bind) })
    }
}

extension PropertyCodec where Value: Codable {
    /// One column that holds the value as JSON.
    convenience init(json name: String) {
        self.init(
            descriptions: [ColumnDescription(name: name, valueType: JSON<Value>.self, isKey: false)],
            decode: { row, place in try row.decode(place.next(), as: JSON<Value>.self).value },
            decodeRecord: { record, table, index in
                defer { index += 1 }
                return try table.decode(record, column: index, as: JSON<Value>.self).value
            },
            append: { value, binds in binds.append(JSON(value).bind) })
    }

    /// One column that holds the value as JSON, or NULL.
    convenience init<Wrapped: Codable & Sendable>(json name: String) where Value == Wrapped? {
        self.init(
            descriptions: [ColumnDescription(name: name, valueType: JSON<Wrapped>?.self, isKey: false)],
            decode: { row, place in try row.decode(place.next(), as: JSON<Wrapped>?.self)?.value },
            decodeRecord: { record, table, index in
                defer { index += 1 }
                return try table.decode(record, column: index, as: JSON<Wrapped>?.self)?.value
            },
            append: { value, binds in binds.append(value.map(JSON.init).bind) })
    }
}
