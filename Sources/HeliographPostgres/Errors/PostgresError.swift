/// What went wrong between this process and PostgreSQL.
///
/// ``description`` is one line without bind values, row contents or passwords and can be shown to operators;
/// ``debugDescription`` adds the server's detail, which may quote values of rows.
public struct PostgresError: Error, Sendable {
    /// The kind of an error. New kinds may be added in any version.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case notConfigured, connectionFailed, connectionLost, server, decoding, invalidValue, invalidUse,
                poolTimeout
            case transactionAborted, commitUnknown
        }
        private let base: Base
        public var description: String { base.rawValue }

        /// No server was named, by argument or environment.
        public static let notConfigured = Self(base: .notConfigured)
        /// No connection could be made.
        public static let connectionFailed = Self(base: .connectionFailed)
        /// The connection broke while in use.
        public static let connectionLost = Self(base: .connectionLost)
        /// The server answered with an error; see ``PostgresError/sqlState``.
        public static let server = Self(base: .server)
        /// A column's value is not what the Swift type can hold.
        public static let decoding = Self(base: .decoding)
        /// A value cannot be sent to PostgreSQL.
        public static let invalidValue = Self(base: .invalidValue)
        /// The call is not allowed in this state, for example on a closed connection.
        public static let invalidUse = Self(base: .invalidUse)
        /// No connection of the pool became free in time.
        public static let poolTimeout = Self(base: .poolTimeout)
        /// COMMIT was answered with ROLLBACK, because an earlier statement had failed.
        public static let transactionAborted = Self(base: .transactionAborted)
        /// The connection broke during COMMIT: the transaction may or may not have happened.
        public static let commitUnknown = Self(base: .commitUnknown)
    }

    /// The kind of the error.
    public let code: Code
    /// The server's code, if the server said something.
    public let sqlState: SQLState?
    /// What happened, in one line.
    public let message: String
    /// The server's DETAIL; may quote values.
    public internal(set) var detail: String?
    /// The server's HINT.
    public internal(set) var hint: String?
    /// The constraint that was violated.
    public internal(set) var constraint: String?
    public internal(set) var schema: String?
    public internal(set) var table: String?
    public internal(set) var column: String?
    /// Where in the statement, counted in characters from 1.
    public internal(set) var position: Int?
    /// In a pipeline: the statement that failed, counted from 0.
    public internal(set) var statementIndex: Int?
    /// Whether it is that of a statement that nobody waited for, and that was sent along with the one that throws it.
    package internal(set) var isOfPostponed = false
    /// Whether a statement that was prepared once fits no more, and will when it is sent again.
    var isStalePlan = false
    /// Where in the calling program the statement stands.
    public internal(set) var file: String?
    public internal(set) var line: UInt?

    public init(_ code: Code, _ message: String, sqlState: SQLState? = nil, hint: String? = nil) {
        self.code = code
        self.message = PostgresError.oneLine(message)
        self.sqlState = sqlState
        self.hint = hint
    }

    /// Whether the same work may succeed when it is tried again: see ``SQLState/isTransient``.
    public var isTransient: Bool {
        if isStalePlan { return true }
        switch code {
        case .connectionFailed, .connectionLost, .poolTimeout, .commitUnknown:
            return sqlState.map { $0.isTransient } ?? true
        default: return sqlState?.isTransient ?? false
        }
    }

    /// Whether the connection is gone with the error.
    public var isConnectionLoss: Bool {
        if code == .connectionFailed || code == .connectionLost || code == .commitUnknown { return true }
        guard let sqlState else { return false }
        return sqlState.errorClass == "08" || sqlState.rawValue.hasPrefix("57P0")
            || sqlState == .idleInTransactionSessionTimeout
    }

    /// The loss of a connection, with what the server said before it hung up: an administrator ended the session, a time-out.
    func afterLastWords(_ words: PostgresError?) -> PostgresError {
        guard let words else { return self }
        var error = PostgresError(code, words.message, sqlState: words.sqlState, hint: words.hint)
        error.statementIndex = words.statementIndex
        return error
    }

    /// libpq's messages have several lines when several hosts were tried.
    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace) }
            .joined(separator: " ")
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let hint { text += "; " + PostgresError.oneLine(hint) }
        return text
    }

    public var debugDescription: String {
        var text = "\(code): \(description)"
        if let detail { text += "; detail: \(PostgresError.oneLine(detail))" }
        if let constraint { text += "; constraint: \(constraint)" }
        if let table { text += "; table: \(schema.map { $0 + "." } ?? "")\(table)" }
        if let column { text += "; column: \(column)" }
        if let position { text += "; position: \(position)" }
        if let statementIndex { text += "; statement: \(statementIndex)" }
        if let file, let line { text += "; at \(file):\(line)" }
        return text
    }
}
