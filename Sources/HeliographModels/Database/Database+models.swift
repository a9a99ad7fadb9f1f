public import HeliographPostgres

extension Database {
    /// Writes an instance in a transaction of its own: see ``Transaction/save(_:)``.
    ///
    /// - Parameter instance: The instance; it changes only if the transaction has been committed.
    /// - Throws: As ``Transaction/save(_:)`` and ``transaction(_:attempts:_:)``.
    public func save<M: Model>(_ instance: inout M) async throws {
        let given = instance
        instance = try await transaction { transaction in
            var copy = given
            try await transaction.save(&copy)
            return copy
        }
    }

    /// Deletes an instance's row in a transaction of its own: see ``Transaction/delete(_:)``.
    ///
    /// - Parameter instance: The instance whose row to delete.
    /// - Throws: As ``Transaction/delete(_:)`` and ``transaction(_:attempts:_:)``.
    public func delete<M: Model>(_ instance: M) async throws {
        try await transaction { try await $0.delete(instance) }
    }

    /// Writes what has changed of an instance since it was read, in a transaction of its own: see ``Transaction/save(_:)-(Loaded<M>)``.
    ///
    /// - Parameter loaded: The instance; it changes only if the transaction has been committed.
    /// - Returns: Whether anything was written.
    /// - Throws: As ``Transaction/save(_:)-(M)`` and ``transaction(_:attempts:_:)``.
    @discardableResult
    public func save<M: Model>(_ loaded: inout Loaded<M>) async throws -> Bool {
        let given = loaded
        let (copy, isWritten) = try await transaction { transaction in
            var copy = given
            let isWritten = try await transaction.save(&copy)
            return (copy, isWritten)
        }
        loaded = copy
        return isWritten
    }

    /// Inserts many instances in a transaction of its own: see ``Transaction/insert(_:)-([M])``.
    ///
    /// - Parameter instances: The instances; they change only if the transaction has been committed.
    /// - Throws: As ``Transaction/insert(_:)-([M])`` and ``transaction(_:attempts:_:)``.
    public func insert<M: Model>(_ instances: inout [M]) async throws {
        let given = instances
        instances = try await transaction { transaction in
            var copies = given
            try await transaction.insert(&copies)
            return copies
        }
    }

    /// Inserts an instance, or updates its row, in a transaction of its own: see ``Transaction/upsert(_:on:)``.
    ///
    /// - Parameters:
    ///   - instance: The instance; it changes only if the transaction has been committed.
    ///   - property: The property by which the row is found. Default: the key.
    /// - Returns: Whether a new row was inserted.
    /// - Throws: As ``Transaction/upsert(_:on:)`` and ``transaction(_:attempts:_:)``.
    @discardableResult
    public func upsert<M: Model>(_ instance: inout M, on property: PartialKeyPath<M>? = nil) async throws -> Bool {
        let given = instance
        let (copy, isNew) = try await transaction { transaction in
            var copy = given
            let isNew =
                if let property { try await transaction.upsert(&copy, on: property) } else {
                    try await transaction.upsert(&copy)
                }
            return (copy, isNew)
        }
        instance = copy
        return isNew
    }

    /// Changes the rows of a query in a transaction of its own: see ``Transaction/update(_:)-(QueryUpdate<M>)``.
    ///
    /// - Parameter update: Which rows, and what they become.
    /// - Returns: How many rows there were.
    /// - Throws: As ``Transaction/update(_:)-(QueryUpdate<M>)`` and ``transaction(_:attempts:_:)``.
    @discardableResult
    public func update<M: Model>(_ update: QueryUpdate<M>) async throws -> Int {
        try await transaction { try await $0.update(update) }
    }

    /// Deletes the rows of a query in a transaction of its own: see ``Transaction/delete(_:)-(Query<M,M>)``.
    ///
    /// - Parameter query: Which rows.
    /// - Returns: How many rows of the model itself were deleted.
    /// - Throws: As ``Transaction/delete(_:)-(Query<M,M>)`` and ``transaction(_:attempts:_:)``.
    @discardableResult
    public func delete<M: Model>(_ query: Query<M, M>) async throws -> Int {
        try await transaction { try await $0.delete(query) }
    }

    /// Reads an instance's row again, by its key.
    ///
    /// - Parameter instance: The instance; afterwards, what the row is.
    /// - Throws: ``ModelError`` with `notFound` when the row is gone; `PostgresError`.
    public func refresh<M: Model>(_ instance: inout M) async throws { instance = try await refreshed(instance) }

    /// Runs one statement, which is a transaction of its own, and returns its rows.
    ///
    /// - Throws: `PostgresError`.
    public func rows(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        try await pool.query(sql, file: file, line: line)
    }
}
