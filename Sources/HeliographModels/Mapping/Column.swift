public import HeliographPostgres

/// A column of a table and the property that holds its value.
///
/// ```swift
/// Column("email", \.email).unique()
/// Column("created_at", \.createdAt).generated()  // a Date?, with DEFAULT now() in the table
/// Column("author_id", \.authorID).references(\Author.id, onDelete: .cascade)
/// Column("settings", json: \.settings)  // any Codable value
/// ```
public struct Column<Root: Sendable, Value: Sendable>: ColumnBuilding {
    @usableFromInline let path: any KeyPath<Root, Value> & Sendable
    @usableFromInline let codec: PropertyCodec<Value>
    /// The columns, with all that has been said of them.
    var descriptions: [ColumnDescription]
    /// What a value must be like.
    var rules: [Rule<Value>] = []
    /// The rules of what is nested in it.
    var nestedValidators = Validators<Value>()
    /// The properties that have a column of their own, and which.
    let properties: [(path: PropertyPath, index: Int)]

    /// Maps a column to a property.
    ///
    /// - Parameters:
    ///   - name: The column's name, as it is in the table and unquoted.
    ///   - path: The property.
    @inlinable
    public init(_ name: String, _ path: any KeyPath<Root, Value> & Sendable) where Value: PostgresCodable {
        self.init(path, PropertyCodec(name, isKey: false))
    }

    /// Maps a column of type `jsonb` or `json` to a property of any type that can be written as JSON.
    ///
    /// - Parameters:
    ///   - name: The column's name, as it is in the table and unquoted.
    ///   - path: The property.
    public init(_ name: String, json path: any KeyPath<Root, Value> & Sendable) where Value: Codable {
        self.init(path, PropertyCodec(json: name))
    }

    /// Maps a column of type `jsonb` or `json`, which may be NULL, to a property of any type that can be written as JSON.
    ///
    /// - Parameters:
    ///   - name: The column's name, as it is in the table and unquoted.
    ///   - path: The property. `nil` is NULL, not the JSON value `null`.
    public init<Wrapped: Codable & Sendable>(
        _ name: String, json path: any KeyPath<Root, Value> & Sendable
    ) where Value == Wrapped? {
        self.init(path, PropertyCodec(json: name))
    }

    @usableFromInline
    init(_ path: any KeyPath<Root, Value> & Sendable, _ codec: PropertyCodec<Value>) {
        self.path = path
        self.codec = codec
        descriptions = codec.descriptions
        properties = [(PropertyPath(path), 0)]
    }

    /// A property that is spread over several columns.
    init(
        _ path: any KeyPath<Root, Value> & Sendable, nesting layout: MappingLayout<Value>, _ codec: PropertyCodec<Value>
    ) {
        self.path = path
        self.codec = codec
        descriptions = codec.descriptions
        properties = layout.places.compactMap { part in PropertyPath(path, part.key).map { ($0, part.value) } }
        nestedValidators = layout.validators
    }

    /// The column, as ``ColumnBuilding`` wants it.
    public var column: Self {
        get { self }
        set { self = newValue }
    }

    /// Adds the parameters of the property.
    @usableFromInline
    func append(_ instance: Root, to binds: inout [Bind]) { codec.append(instance[keyPath: path], &binds) }
}
