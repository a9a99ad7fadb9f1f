public import HeliographPostgres

/// The tables whose changes are mirrored.
public struct Attachments: Sendable {
    let schema: SchemaName

    public init(schema: SchemaName = .standard) { self.schema = schema }

    /// Captures a table from now on; again: refreshes, with these options.
    /// - Parameter table: a name as SQL would have it: `users`, `shop.orders`, `"Odd Name"`.
    /// - Returns: the sender's name in the log.
    /// - Throws: ``LogError`` with `attachRefused`, `unknownTable`, `tableBusy`, `notPermitted` or `notInstalled`; ``PostgresError``.
    @discardableResult
    public func attach(
        _ table: String, _ options: AttachOptions = .init(), on connection: Connection
    ) async throws -> String {
        try await retryingWhileBusy(on: connection) { try await call("attach", table, options, on: connection) }
    }

    /// Attaches those tables again, with the options they have, whose columns or triggers have changed since.
    /// - Returns: their senders.
    /// - Throws: ``LogError``, ``PostgresError``, as ``attach(_:_:on:)`` does.
    public func refreshDrifted(on connection: Connection) async throws -> [String] {
        let rows: Rows
        do {
            rows = try await connection.query("SELECT relation::oid::int8, sender FROM \(schema.sql).drifted()")
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_owner")
        }
        var senders: [String] = []
        for row in rows {
            let sender: String = try row.decode(1)
            let relation: Int64 = try row.decode(0)
            try await retryingWhileBusy(on: connection) {
                try await explained(sender, "refresh") {
                    _ = try await connection.query("SELECT \(schema.sql).refresh(\(relation)::oid::regclass)")
                }
            }
            senders.append(sender)
        }
        return senders
    }

    /// The statements that ``attach(_:_:on:)`` would run.
    public func script(
        attaching table: String, _ options: AttachOptions = .init(), on connection: Connection
    ) async throws -> String {
        try await call("capture_sql", table, options, on: connection)
    }

    /// Stops capturing a table. Its records and everybody's positions stay.
    /// - Returns: whether it was captured.
    public func detach(_ table: String, on connection: Connection) async throws -> Bool {
        try await retryingWhileBusy(on: connection) {
            try await explained(table, "detach") {
                let rows = try await connection.query("SELECT \(schema.sql).detach(\(table)::text)")
                return try rows.first?.decode(0, as: Bool.self) ?? false
            }
        }
    }

    /// Does something that must change triggers, and again while open transactions hold it up.
    ///
    /// The triggers of a table that is in use are waited for only briefly, because all its writers would wait behind. In an open
    /// transaction nothing can be tried again: put the transaction into `body`.
    /// - Parameter patience: after so long the error is thrown. Default: 30 s.
    public func retryingWhileBusy<R>(
        on connection: Connection, patience: Duration = .seconds(30), _ body: () async throws -> R
    ) async throws -> R {
        let canRetry = await connection.isIdle
        let deadline = ContinuousClock.now + patience
        var attempt = 0
        while true {
            do {
                return try await body()
            } catch let error as LogError where error.code == .tableBusy && canRetry && .now < deadline {
                attempt += 1
                try await Task.sleep(
                    for: Backoff(initial: .milliseconds(50), maximum: .seconds(1)).delay(afterAttempt: attempt))
            }
        }
    }

    private func call(
        _ function: String, _ table: String, _ options: AttachOptions, on connection: Connection
    ) async throws -> String {
        try await explained(table, function) {
            let rows = try await connection.query(
                """
                SELECT \(schema.sql).\(unsafe: function)(
                    \(table)::regclass,
                    exclude => \(options.excludedColumns),
                    key => \(options.keyColumns),
                    operations => \(options.operations.map(\.rawValue)),
                    bell => \(options.ringsBell),
                    always => \(options.isAlways),
                    max_row => \(options.maximumRowSize)
                )
                """
            )
            return try rows.first?.decode(0, as: String.self) ?? ""
        }
    }

    private func explained<R>(_ table: String, _ function: String, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as PostgresError where error.sqlState == .lockNotAvailable || error.sqlState == "HG017" {
            throw LogError(.tableBusy, error.message)
        } catch let error as PostgresError where error.sqlState == .tableRightMissing {
            throw LogError(.notPermitted, error.message + (error.hint.map { ": \($0)" } ?? ""))
        } catch let error as PostgresError where error.sqlState?.errorClass == "HG" {
            throw LogError(.attachRefused, error.message + (error.hint.map { ": \($0)" } ?? ""))
        } catch let error as PostgresError
            where error.sqlState == .undefinedTable && !error.message.contains("\(schema).")
        {
            throw LogError(
                .unknownTable, "there is no table \(table) in this database: create it first, or name its schema")
        } catch let error as PostgresError
            where error.sqlState == .invalidSchemaName && !error.message.contains("\"\(schema)\"")
        {
            throw LogError(.unknownTable, "there is no table \(table) in this database: \(error.message)")
        } catch let error as PostgresError
            where error.sqlState == .insufficientPrivilege && !error.message.contains(function)
        {
            // Of the table's schema, for example: it says by itself what is missing.
            throw error
        } catch {
            throw LogError.explain(error, schema: schema, group: "heliograph_owner")
        }
    }
}
