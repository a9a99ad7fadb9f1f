public import HeliographPostgres

/// A column that is the row's key, or part of it, and the property that holds its value.
///
/// An optional property is a key that the database draws: `nil` until the instance has been inserted. Any other is written
/// as it is, such as a UUID that the program makes or a name that the world has given.
public struct Key<Root: Sendable, Value: Sendable>: ColumnBuilding {
    /// The column.
    public var column: Column<Root, Value>

    /// Maps a key column to a property. Several in one mapping are one composite key.
    ///
    /// - Parameters:
    ///   - name: The column's name, as it is in the table and unquoted.
    ///   - path: The property.
    @inlinable
    public init(_ name: String, _ path: any KeyPath<Root, Value> & Sendable) where Value: PostgresCodable {
        column = Column(path, PropertyCodec(name, isKey: true))
    }
}
