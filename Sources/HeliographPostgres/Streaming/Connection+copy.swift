import CLibPQ

extension Connection {
    /// Runs a `COPY … TO STDOUT` and hands its data over as it comes.
    ///
    /// - Parameters:
    ///   - sql: the COPY.
    ///   - body: reads the data; must not use the connection. If it stops early the COPY is cancelled.
    /// - Throws: ``PostgresError``; `CancellationError`; what `body` throws.
    public nonisolated func copyOut<R>(
        _ sql: SQL, file: String = #fileID, line: UInt = #line, _ body: (CopyOutStream) async throws -> R
    ) async throws -> R {
        do {
            try sql.validate()
            let section = try await openCopy(sql)
            return try await inSectionBody(section) {
                try await beginCopy(section, PGRES_COPY_OUT, "COPY … TO STDOUT")
                return try await body(CopyOutStream(connection: self, section: section))
            }
        } catch var error as PostgresError where error.file == nil {
            error.file = file
            error.line = line
            throw error
        }
    }

    /// Runs a `COPY … FROM STDIN` with the data that `body` writes.
    ///
    /// ```swift
    /// let count = try await connection.copyIn("COPY users (email) FROM STDIN") { copy in
    ///     for email in emails { try await copy.write(email + "\\n") }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - sql: the COPY.
    ///   - body: writes the data; must not use the connection. If it throws, nothing is copied.
    /// - Returns: how many rows were copied.
    /// - Throws: ``PostgresError``; `CancellationError`; what `body` throws.
    @discardableResult
    public nonisolated func copyIn(
        _ sql: SQL, file: String = #fileID, line: UInt = #line, _ body: (CopyInWriter) async throws -> Void
    ) async throws -> Int {
        do {
            try sql.validate()
            let section = try await openCopy(sql)
            return try await inSectionBody(section) {
                try await beginCopy(section, PGRES_COPY_IN, "COPY … FROM STDIN")
                do {
                    try await body(CopyInWriter(connection: self, section: section))
                } catch {
                    // What the server has to say explains what the writer has run into.
                    if let refusal = await failCopy(section), error is PostgresError { throw refusal }
                    throw error
                }
                return try await endCopy(section)
            }
        } catch var error as PostgresError where error.file == nil {
            error.file = file
            error.line = line
            throw error
        }
    }

    private func openCopy(_ sql: SQL) async throws -> Int { try await openSection { try link.send(sql) } }

    /// The server's answer to the COPY itself.
    private func beginCopy(_ number: Int, _ status: ExecStatusType, _ form: String) async throws {
        try await inSection(number) {
            guard let result = try await receive() else { throw link.lost() }
            if result.status == status { return }
            let failure = result.error ?? PostgresError(.invalidUse, "the statement is not a \(form)")
            switch result.status {
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: try await leaveCopy(result.status)
            default: break
            }
            try await discardResults()
            section?.isFinished = true
            throw failure
        }
    }

    // MARK: Out

    /// The pieces that have arrived, at least one; `nil` at the end.
    func nextCopyData(_ number: Int) async throws -> [[UInt8]]? {
        try await inSection(number) {
            if section?.isFinished == true { return nil }
            var pieces: [[UInt8]] = []
            while pieces.count < 256 {
                switch try link.takeCopyData() {
                case .piece(let bytes): pieces.append(bytes)
                case .notYet where !pieces.isEmpty: return pieces
                case .notYet: try await readMore()
                case .end:
                    try await finishCopy()
                    return pieces.isEmpty ? nil : pieces
                }
            }
            return pieces
        }
    }

    /// The results behind the data: how it went.
    @discardableResult
    private func finishCopy() async throws -> ResultStorage? {
        var last: ResultStorage?
        var failure: PostgresError?
        while let result = try await receive() {
            if let error = result.error { failure = failure ?? error } else { last = result }
        }
        section?.isFinished = true
        if let failure { throw failure }
        if !link.isOpen { throw link.lost() }
        return last
    }

    // MARK: In

    func putCopyData(_ number: Int, _ bytes: [UInt8]) async throws {
        try await inSection(number) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 << 16)
                // libpq has taken it or has no room for it: then what it holds goes out first.
                if try link.putCopyData(piece) { rest = rest.dropFirst(piece.count) }
                try await flush()
            }
        }
    }

    private func endCopy(_ number: Int) async throws -> Int {
        try await inSection(number) {
            try link.endCopy(nil)
            try await flush()
            return try await finishCopy()?.affectedRows ?? 0
        }
    }

    /// Has the server throw away what has been sent.
    /// - Returns: what it says of its own accord, beside that it was told so.
    private func failCopy(_ number: Int) async -> PostgresError? {
        do {
            try await inSection(number) {
                try link.endCopy("the program that sent the data gave up")
                try await flush()
                try await finishCopy()
            }
            return nil
        } catch {
            let error = error as? PostgresError
            return error?.sqlState == .queryCanceled ? nil : error
        }
    }
}
