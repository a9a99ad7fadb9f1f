import HeliographPostgres

/// What a ``Mapping`` consists of, and what can be worked out of it once and for all.
final class MappingStorage<M: Model>: Sendable {
    let table: TableDescription
    let selectList: SQL
    /// Builds an instance from values; `places` are the columns' places in the row, the mapping's order if `nil`.
    let makeFromRow: @Sendable (_ row: Row, _ places: [Int]?) throws -> M
    let makeFromRecord: @Sendable (_ record: JSONValue, _ table: TableDescription) throws -> M
    let values: @Sendable (M) -> [Bind]
    let validators: Validators<M>
    let places: [PropertyPath: Int]
    /// How rows are written that leave to the database what it fills in, and nothing else: nearly all.
    let insertion: Insertion
    /// Whether the database draws the key, or a part of it.
    let hasGeneratedKey: Bool

    init(
        _ table: TableDescription,
        makeFromRow: @escaping @Sendable (_ row: Row, _ places: [Int]?) throws -> M,
        makeFromRecord: @escaping @Sendable (_ record: JSONValue, _ table: TableDescription) throws -> M,
        values: @escaping @Sendable (M) -> [Bind], validators: Validators<M>, places: [PropertyPath: Int]
    ) {
        self.table = table
        self.makeFromRow = makeFromRow
        self.makeFromRecord = makeFromRecord
        self.values = values
        self.validators = validators
        self.places = places
        selectList = SQL(unsafe: table.columns.map { SQL.quoted(identifier: $0.name) }.joined(separator: ", "))
        insertion = Insertion(into: table, of: table.columns.indices.filter { !table.columns[$0].isGenerated })
        hasGeneratedKey = table.columns.contains { $0.isKey && $0.isGenerated }
    }

    /// The same for a table that is described anew.
    func with(_ table: TableDescription) -> MappingStorage {
        MappingStorage(
            table, makeFromRow: makeFromRow, makeFromRecord: makeFromRecord, values: values, validators: validators,
            places: places)
    }
}
