/// A property that is a value of several columns.
///
/// ```swift
/// Nested(\.address, Address.init) {
///     Column("street", \.street)
///     Column("city", \.city)
/// }
/// ```
///
/// Like the columns of a ``Mapping``, they are the parameters of the initialiser, in their order. They may be nested again.
public struct Nested<Root: Sendable, Value: Sendable>: MappedProperty {
    /// What is said of the columns.
    public let column: Column<Root, Value>

    /// Maps the columns of a property.
    ///
    /// - Parameters:
    ///   - path: The property.
    ///   - make: The initialiser of its type.
    ///   - columns: A ``Column`` for each parameter of the initialiser, in order.
    public init<each Part: Sendable>(
        _ path: any KeyPath<Root, Value> & Sendable, _ make: @escaping @Sendable (repeat each Part) -> Value,
        @ColumnsBuilder<Value> _ columns: () -> ColumnList<Value, repeat each Part>
    ) {
        let columns = columns().columns
        var layout = MappingLayout<Value>()
        for part in repeat each columns { layout.add(part) }
        column = Column(
            path, nesting: layout,
            PropertyCodec(
                descriptions: layout.descriptions,
                decode: { row, place in
                    func next<T>(_ column: Column<Value, T>) throws -> T { try column.codec.decode(row, &place) }
                    return make(repeat try next(each columns))
                },
                decodeRecord: { record, table, index in
                    func next<T>(_ column: Column<Value, T>) throws -> T {
                        try column.codec.decodeRecord(record, table, &index)
                    }
                    return make(repeat try next(each columns))
                },
                append: { value, binds in
                    for column in repeat each columns { column.append(value, to: &binds) }
                }))
    }
}
