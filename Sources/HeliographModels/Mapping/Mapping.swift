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
/// ### Rows and instances
/// - ``decode(_:)``
/// - ``decode(record:)``
/// - ``decode(rows:)``
/// - ``binds(of:)``
public struct Mapping<M: Model>: Sendable {
    /// The table: its names, its columns, its constraints.
    public let table: TableDescription
    /// The quoted names of all columns, separated by commas, for a SELECT whose rows ``decode(_:)`` reads.
    public let selectList: SQL

    /// Builds an instance from values; `places` are the columns' places in the row, the mapping's order if `nil`.
    let makeFromRow: @Sendable (_ row: Row, _ places: [Int]?) throws -> M
    let makeFromRecord: @Sendable (_ record: JSONValue, _ table: TableDescription) throws -> M
    let values: @Sendable (M) -> [ColumnValue]

    /// Maps a model.
    ///
    /// - Parameters:
    ///   - table: The table's name, unquoted.
    ///   - schema: The table's schema, unquoted. `nil` leaves it to the search path in SQL, and means `public` in the
    ///     sender's name. Default: `nil`.
    ///   - make: The initialiser, `User.init`.
    ///   - columns: A ``Key`` or ``Column`` for each parameter of the initialiser, in order.
    public init<each Value: PostgresCodable>(
        _ table: String,
        schema: String? = nil,
        _ make: @escaping @Sendable (repeat each Value) -> M,
        @ColumnsBuilder<M> _ columns: () -> (repeat Column<M, each Value>)
    ) {
        let columns = columns()
        var descriptions: [ColumnDescription] = []
        for column in repeat each columns { descriptions.append(column.description) }
        self.table = TableDescription(schema: schema, name: table, columns: descriptions)
        selectList = SQL(unsafe: descriptions.map { SQL.quoted(identifier: $0.name) }.joined(separator: ", "))

        makeFromRow = { row, places in
            var index = -1
            func next<T: PostgresDecodable>(_ type: T.Type) throws -> T {
                index += 1
                return try row.decode(places.map { $0[index] } ?? index, as: type)
            }
            return make(repeat try next((each Value).self))
        }
        makeFromRecord = { record, table in
            var index = -1
            func next<T: PostgresDecodable>(_ type: T.Type) throws -> T {
                index += 1
                return try table.columns[index].decode(record, as: type, model: M.self)
            }
            return make(repeat try next((each Value).self))
        }
        values = { instance in
            var values: [ColumnValue] = []
            for column in repeat each columns { values.append(column.value(in: instance)) }
            return values
        }
    }

    /// The sender of the model's signals, as the signal log names it: `public.users`.
    public var sender: SignalSender { table.sender }

    /// All columns, in the order of the initialiser.
    public var columns: [ColumnDescription] { table.columns }

    /// The columns of the key.
    public var keyColumns: [ColumnDescription] { table.columns.filter(\.isKey) }

    /// The instance's values as parameters, in the order of ``columns``.
    ///
    /// - Parameter instance: The instance to read.
    public func binds(of instance: M) -> [Bind] { values(instance).map(\.bind) }
}
