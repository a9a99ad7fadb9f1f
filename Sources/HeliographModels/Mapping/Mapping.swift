public import HeliographPostgres
public import HeliographSignals

/// Which table a model belongs to, and which column each of its properties.
///
/// The columns are those of the initialiser's parameters, in their order: a column that is missing, out of place or of
/// another type does not compile. See ``Model`` for a sample.
///
/// ## Topics
/// ### The table
/// - ``table``
/// - ``sender``
/// - ``columns``
/// - ``keyColumns``
/// - ``unique(_:constraint:)``
/// - ``check(_:constraint:)``
/// ### Rows and instances
/// - ``decode(_:)``
/// - ``decode(record:)``
/// - ``decode(rows:)``
/// - ``binds(of:)``
public struct Mapping<M: Model>: Sendable {
    /// A mapping is handed on with every statement, so it is one reference.
    let storage: MappingStorage<M>

    /// Maps a model.
    ///
    /// - Parameters:
    ///   - table: The table's name, unquoted.
    ///   - schema: The table's schema, unquoted. `nil` leaves it to the search path in SQL, and means `public` in the
    ///     sender's name. Default: `nil`.
    ///   - make: The initialiser, `User.init`.
    ///   - columns: A ``Key``, ``Column`` or ``Nested`` for each parameter of the initialiser, in order.
    @inlinable
    public init<each Value: Sendable>(
        _ table: String,
        schema: String? = nil,
        _ make: @escaping @Sendable (repeat each Value) -> M,
        @ColumnsBuilder<M> _ columns: () -> ColumnList<M, repeat each Value>
    ) {
        let columns = columns().columns
        var layout = MappingLayout<M>()
        for column in repeat each columns { layout.add(column) }
        let codecs = (repeat (each columns).codec)
        self.init(
            table, schema: schema, layout,
            makeFromRow: { row, places in
                var place = PropertyPlace(places: places)
                return make(repeat try (each codecs).decode(row, &place))
            },
            makeFromRecord: { record, table in
                var index = 0
                return make(repeat try (each codecs).decodeRecord(record, table, &index))
            },
            values: { instance in
                var values: [Bind] = []
                for column in repeat each columns { column.append(instance, to: &values) }
                return values
            })
    }

    @usableFromInline
    init(
        _ table: String, schema: String?, _ layout: MappingLayout<M>,
        makeFromRow: @escaping @Sendable (_ row: Row, _ places: [Int]?) throws -> M,
        makeFromRecord: @escaping @Sendable (_ record: JSONValue, _ table: TableDescription) throws -> M,
        values: @escaping @Sendable (M) -> [Bind]
    ) {
        storage = MappingStorage(
            TableDescription(model: "\(M.self)", schema: schema, name: table, columns: layout.descriptions),
            makeFromRow: makeFromRow, makeFromRecord: makeFromRecord, values: values, validators: layout.validators,
            places: layout.places)
    }

    private init(_ storage: MappingStorage<M>) { self.storage = storage }

    /// The table: its names, its columns, its constraints.
    public var table: TableDescription { storage.table }

    /// The quoted names of all columns, separated by commas, for a SELECT whose rows ``decode(_:)`` reads.
    public var selectList: SQL { storage.selectList }

    /// The sender of the model's signals, as the signal log names it: `public.users`.
    public var sender: SignalSender { storage.table.sender }

    /// All columns, in the order of the initialiser.
    public var columns: [ColumnDescription] { storage.table.columns }

    /// The columns of the key.
    public var keyColumns: [ColumnDescription] { columns.filter(\.isKey) }

    /// The instance's values as parameters, in the order of ``columns``.
    ///
    /// - Parameter instance: The instance to read.
    public func binds(of instance: M) -> [Bind] { storage.values(instance) }

    /// The refusal of an instance that an error of the database means, of statements that the program has written itself.
    ///
    /// - Parameter error: What a statement has thrown.
    /// - Returns: `nil` if it means something else.
    public func failure(for error: PostgresError) -> ValidationFailure? { table.failure(for: error) }

    /// Says that no two rows have the same values in some columns together.
    ///
    /// - Parameters:
    ///   - properties: The properties, in the constraint's order.
    ///   - constraint: The constraint's name. Default: the one PostgreSQL would choose, `table_column_column_key`.
    public func unique(_ properties: PartialKeyPath<M>..., constraint: String? = nil) -> Self {
        var table = table
        table.uniqueGroups.append(
            .init(name: constraint, columns: properties.map { index(of: PropertyPath($0)) ?? -1 }))
        return Self(storage.with(table))
    }

    /// Says what rows the table accepts.
    ///
    /// - Parameters:
    ///   - condition: A condition on several columns, as SQL.
    ///   - constraint: The constraint's name. A violation is reported on the instance as a whole.
    public func check(_ condition: String, constraint: String) -> Self {
        var table = table
        table.checks.append(.init(name: constraint, condition: condition))
        return Self(storage.with(table))
    }

    /// An instance's values, in the order of ``columns``.
    func values(_ instance: M) -> [Bind] { storage.values(instance) }

    /// What the program looks at before it writes an instance.
    var validators: Validators<M> { storage.validators }

    /// The place of a property's column among ``columns``.
    func index(of path: PropertyPath) -> Int? { storage.places[path] }

    /// The value of a column's property, if it is of a type; of an optional, what is in it.
    func property<Value>(at index: Int, of instance: M) -> Value? {
        guard let path = storage.places.first(where: { $0.value == index })?.key else { return nil }
        return path.value(in: instance) as? Value
    }

    /// The place of a property's column among ``columns``.
    /// - Throws: ``ModelError`` with `wrongQuery` if it has none.
    func column(of path: PartialKeyPath<M>) throws(ModelError) -> Int {
        guard let index = storage.places[PropertyPath(path)] else {
            throw ModelError(.wrongQuery, "the mapping of \(M.self) has no column for \(path)")
        }
        return index
    }
}
