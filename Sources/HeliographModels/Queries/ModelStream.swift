import HeliographPostgres

/// What a query returns, as it comes from the server: only a part of it is in memory.
public struct ModelStream<Output: Sendable>: AsyncSequence, Sendable {
    let rows: RowStream
    let decode: @Sendable (Row, Int) throws -> Output

    /// Starts to read; once only.
    public func makeAsyncIterator() -> Iterator { Iterator(rows: rows.makeAsyncIterator(), decode: decode) }

    /// Reads one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        var rows: RowStream.Iterator
        let decode: @Sendable (Row, Int) throws -> Output

        /// The next one; `nil` at the end.
        ///
        /// - Throws: `PostgresError`; `CancellationError`.
        public mutating func next() async throws -> Output? { try await rows.next().map { try decode($0, 0) } }
    }
}

extension Database {
    /// Hands over what a query returns as it comes from the server, however much it is.
    ///
    /// ```swift
    /// try await database.stream(User.query) { users in
    ///     for try await user in users { … }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - body: Reads the stream, once; a connection is its own until it returns. If it stops early the rest is not sent.
    /// - Returns: What `body` returns.
    /// - Throws: `PostgresError`; ``ModelError`` with `wrongQuery`; what `body` throws.
    public func stream<M: Model, Output, R: Sendable>(
        _ query: Query<M, Output>, _ body: (ModelStream<Output>) async throws -> R
    ) async throws -> R {
        let sql = try query.statement()
        return try await pool.withConnection { connection in
            try await connection.stream(sql) { try await body(ModelStream(rows: $0, decode: query.selection.decode)) }
        }
    }
}

extension Transaction {
    /// Hands over what a query returns as it comes from the server, however much it is.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - body: Reads the stream, once; the transaction can be used for nothing else until it returns.
    /// - Returns: What `body` returns.
    /// - Throws: `PostgresError`, also with `invalidUse` where receivers share a transaction; ``ModelError`` with `wrongQuery`; what `body` throws.
    public func stream<M: Model, Output, R>(
        _ query: Query<M, Output>, _ body: (ModelStream<Output>) async throws -> R
    ) async throws -> R {
        try await stream(query.statement()) { try await body(ModelStream(rows: $0, decode: query.selection.decode)) }
    }
}
