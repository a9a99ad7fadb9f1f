package import HeliographPostgres

extension Mapping {
    /// An instance as a record of the log would hold its row.
    /// - Returns: the key and the row, as objects.
    /// - Throws: `PostgresError` with `invalidValue`, naming the column, for a type that only a server can put into words.
    package func record(of instance: M) throws -> (key: JSONValue, row: JSONValue) {
        var key: [JSONValue.Member] = []
        var row: [JSONValue.Member] = []
        for (column, value) in zip(columns, values(instance)) {
            do {
                let member = JSONValue.Member(name: column.name, value: try value.json)
                row.append(member)
                if column.isKey { key.append(member) }
            } catch {
                throw PostgresError(.invalidValue, "column \(column.name) of \(sender): \(error.message)")
            }
        }
        return (.object(key), .object(row))
    }
}
