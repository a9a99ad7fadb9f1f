public import HeliographPostgres

extension Mapping {
    /// Reads a row whose columns are those of ``selectList``.
    ///
    /// - Parameter row: A row of `SELECT \(selectList) …` or `… RETURNING \(selectList)`.
    /// - Throws: `PostgresError` with `decoding`, naming column, PostgreSQL type and Swift type.
    public func decode(_ row: Row) throws -> M { try storage.makeFromRow(row, nil) }

    /// Reads rows by their columns' names, so that `SELECT *` and columns beside the model's serve as well.
    ///
    /// - Parameter rows: The rows of a statement.
    /// - Throws: ``ModelError`` with `undecodable`, naming model and column, when a column is missing; `PostgresError` with
    ///   `decoding` when a value does not fit.
    public func decode(rows: Rows) throws -> [M] {
        let names = rows.columnNames
        let places = try columns.map { column in
            guard let place = names.firstIndex(of: column.name) else {
                throw ModelError(.undecodable, "the result has no column \"\(column.name)\", which \(M.self) needs")
            }
            return place
        }
        return try rows.map { try storage.makeFromRow($0, places) }
    }

    /// Reads a row as a record of the signal log holds it.
    ///
    /// - Parameter record: The record's `instance`: an object with a member for each column. Members that are no column of
    ///   the mapping are ignored; a column without a member, such as one that was added or left out of capture, is `nil`.
    /// - Throws: ``ModelError`` with `undecodable`, naming model and column, when a value does not fit, or is missing and
    ///   the property is not optional.
    public func decode(record: JSONValue) throws -> M {
        guard case .object = record else {
            throw ModelError(.undecodable, "a record's instance of \(M.self) is not a JSON object")
        }
        return try storage.makeFromRecord(record, table)
    }
}

extension TableDescription {
    /// The value of a column in a record.
    @usableFromInline
    func decode<Value: PostgresDecodable>(_ record: JSONValue, column index: Int, as type: Value.Type) throws -> Value {
        let column = columns[index]
        let value = record[column.name] ?? column.defaultRecordValue ?? (column.isOptional ? .null : nil)
        guard let value else {
            throw ModelError(.undecodable, "the record has no column \"\(column.name)\", which \(model) needs")
        }
        do {
            return try Value(json: value)
        } catch {
            let form = value == .null ? "is NULL, and cannot be" : "is not what PostgreSQL writes for"
            throw ModelError(.undecodable, "column \"\(column.name)\" of \(model) \(form) \(type)")
        }
    }
}
