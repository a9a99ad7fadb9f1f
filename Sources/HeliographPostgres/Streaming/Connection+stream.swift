import CLibPQ

extension Connection {
    /// Runs one statement and hands its rows over as they come, however many they are: only a chunk of them is in memory.
    ///
    /// ```swift
    /// try await connection.stream("SELECT id, email FROM users") { rows in
    ///     for try await row in rows { … }
    /// }
    /// ```
    ///
    /// The connection does nothing else until `body` returns. A `body` that stops early cancels the statement, which outside a
    /// transaction undoes what it has written; in a transaction the rest is read and thrown away.
    /// - Parameters:
    ///   - rowsPerChunk: at most so many rows are taken out of libpq at once.
    ///   - body: reads the rows; must not use the connection.
    /// - Throws: ``PostgresError``; `CancellationError`; what `body` throws.
    public nonisolated func stream<R>(
        _ sql: SQL, rowsPerChunk: Int = 256, file: String = #fileID, line: UInt = #line,
        _ body: (RowStream) async throws -> R
    ) async throws -> R {
        do {
            try sql.validate()
            let section = try await openStream(sql, rowsPerChunk: rowsPerChunk)
            return try await inSectionBody(section) {
                try await body(RowStream(connection: self, section: section, limit: max(1, rowsPerChunk)))
            }
        } catch var error as PostgresError where error.file == nil {
            error.file = file
            error.line = line
            throw error
        }
    }

    nonisolated func inSectionBody<R>(_ section: Int, _ body: () async throws -> R) async throws -> R {
        do {
            let result = try await Self.$sectionOwner.withValue(ObjectIdentifier(self)) { try await body() }
            await closeSection(section)
            return result
        } catch {
            await closeSection(section)
            throw error
        }
    }

    private func openStream(_ sql: SQL, rowsPerChunk: Int) async throws -> Int {
        try await openSection {
            try link.send(sql)
            link.streamRows(perChunk: rowsPerChunk)
        }
    }

    /// The next rows, as many as have arrived, at least one; `nil` at the end.
    func nextRows(_ number: Int, limit: Int) async throws -> [Row]? {
        try await inSection(number) {
            if section?.isFinished == true { return nil }
            var rows: [Row] = []
            while rows.count < limit {
                if link.isBusy {
                    if !rows.isEmpty { break }
                    try await readMore()
                    continue
                }
                guard let result = link.nextResult() else {
                    section?.isFinished = true
                    if let failure = section?.failure { throw failure }
                    if !link.isOpen { throw link.lost() }
                    return rows.isEmpty ? nil : rows
                }
                switch result.status {
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    section?.failure = PostgresError(.invalidUse, "COPY cannot be run as a query")
                    try await leaveCopy(result.status)
                default:
                    if section?.failure == nil, let error = result.error { section?.failure = error }
                    for index in 0..<result.rowCount { rows.append(Row(storage: result, index: index)) }
                }
            }
            return rows
        }
    }

    /// Reads what is left of a statement's results, whatever they are.
    func discardResults() async throws {
        while let result = try await receive() {
            switch result.status {
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: try await leaveCopy(result.status)
            default: continue
            }
        }
        if !link.isOpen { throw link.lost() }
    }
}
