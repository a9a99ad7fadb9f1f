import CLibPQ

/// Owns a `PGresult`.
///
/// Unchecked, because libpq documents (chapter "Behavior in Threaded Programs") that a result is read-only once it has been
/// returned and may be read by several threads; the pointer never leaves this file's accessors, it is cleared once, here, and only
/// an object that nobody else holds takes another one.
@usableFromInline
final class ResultStorage: @unchecked Sendable {
    // Unchecked for speed: they change in `replace(with:)` only, while nobody else can read them.
    @exclusivity(unchecked) private var raw: OpaquePointer
    @exclusivity(unchecked) @usableFromInline private(set) var rowCount: Int
    @exclusivity(unchecked) @usableFromInline private(set) var columnCount: Int
    /// Whether the values are in binary: all of them, or none.
    @exclusivity(unchecked) private(set) var isBinary: Bool

    /// Takes over a result that nobody else holds.
    init(taking raw: OpaquePointer) {
        self.raw = raw
        rowCount = Int(PQntuples(raw))
        columnCount = Int(PQnfields(raw))
        isBinary = PQbinaryTuples(raw) == 1
    }

    deinit { PQclear(raw) }

    /// Takes over another result in the place of this one; for an object that nobody else holds.
    func replace(with other: OpaquePointer) {
        PQclear(raw)
        raw = other
        rowCount = Int(PQntuples(raw))
        columnCount = Int(PQnfields(raw))
        isBinary = PQbinaryTuples(raw) == 1
    }

    var status: ExecStatusType { PQresultStatus(raw) }
    var commandTag: String { PQcmdStatus(raw).map { String(cString: $0) } ?? "" }

    /// Rows inserted, updated, deleted or selected; 0 for other commands.
    var affectedRows: Int { PQcmdTuples(raw).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// Whether the command threw away the session's prepared statements.
    var discardsStatements: Bool {
        guard status == PGRES_COMMAND_OK, let tag = PQcmdStatus(raw), tag[0] == 0x44 else { return false }
        return ["DISCARD ALL", "DEALLOCATE ALL"].contains(String(cString: tag))
    }

    func columnName(_ column: Int) -> String { PQfname(raw, Int32(column)).map { String(cString: $0) } ?? "" }
    func columnType(_ column: Int) -> PostgresType { PostgresType(rawValue: PQftype(raw, Int32(column))) }

    /// The column with that exact name; the first, if several have it.
    func columnIndex(_ name: String) -> Int? {
        (0..<columnCount).first { columnName($0) == name }
    }

    /// The bytes of a value, valid while this object lives; `nil` for NULL.
    func bytes(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        let length = Int(PQgetlength(raw, Int32(row), Int32(column)))
        if length == 0, PQgetisnull(raw, Int32(row), Int32(column)) == 1 { return nil }
        return UnsafeRawBufferPointer(start: PQgetvalue(raw, Int32(row), Int32(column)), count: length)
    }

    /// The server's error, if the result is one.
    var error: PostgresError? {
        switch status {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: break
        default: return nil
        }
        let state = field(HELIOGRAPH_DIAG_SQLSTATE).map { SQLState(rawValue: $0) }
        let text = field(HELIOGRAPH_DIAG_MESSAGE_PRIMARY) ?? PQresultErrorMessage(raw).map { String(cString: $0) } ?? ""
        var error = PostgresError(state == nil ? .connectionLost : .server, text, sqlState: state)
        error.detail = field(HELIOGRAPH_DIAG_MESSAGE_DETAIL)
        error.hint = field(HELIOGRAPH_DIAG_MESSAGE_HINT)
        error.constraint = field(HELIOGRAPH_DIAG_CONSTRAINT_NAME)
        error.schema = field(HELIOGRAPH_DIAG_SCHEMA_NAME)
        error.table = field(HELIOGRAPH_DIAG_TABLE_NAME)
        error.column = field(HELIOGRAPH_DIAG_COLUMN_NAME)
        error.position = field(HELIOGRAPH_DIAG_STATEMENT_POSITION).flatMap { Int($0) }
        // By the name of the server's own function: the message is in the server's language.
        error.isStalePlan =
            state == .invalidStatementName
            || state == .featureNotSupported && field(HELIOGRAPH_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery"
        return error
    }

    private func field(_ code: heliograph_error_field) -> String? { Self.field(code, of: raw) }

    private static func field(_ code: heliograph_error_field, of raw: OpaquePointer) -> String? {
        PQresultErrorField(raw, Int32(code.rawValue)).map { String(cString: $0) }
    }

    /// What the server says that is no answer to a statement.
    struct Notice {
        /// Severity and message in one line.
        let message: String
        let sqlState: SQLState?
        /// In English, whatever the server's language, such as `WARNING`.
        let severity: String?
        /// Whether the session ends with it.
        var isFatal: Bool { severity == "FATAL" || severity == "PANIC" }

        init(_ raw: OpaquePointer?) {
            guard let raw else {
                message = ""
                sqlState = nil
                severity = nil
                return
            }
            message = PostgresError.oneLine(PQresultErrorMessage(raw).map { String(cString: $0) } ?? "")
            sqlState = field(HELIOGRAPH_DIAG_SQLSTATE, of: raw).map { SQLState(rawValue: $0) }
            severity = field(HELIOGRAPH_DIAG_SEVERITY_NONLOCALIZED, of: raw)
        }
    }
}
