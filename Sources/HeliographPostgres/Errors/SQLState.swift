/// PostgreSQL's five-character code for what happened: language-independent, stable over versions.
///
/// See PostgreSQL's appendix "PostgreSQL Error Codes". The constants are those Heliograph acts upon.
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { self.rawValue = value }

    public var description: String { rawValue }

    /// The first two characters: the family of the error.
    public var errorClass: Substring { rawValue.prefix(2) }

    /// A row with the same key exists: a validation failure on the key's fields.
    public static let uniqueViolation: Self = "23505"
    /// A required column had no value.
    public static let notNullViolation: Self = "23502"
    /// The row referred to does not exist, or is still referred to.
    public static let foreignKeyViolation: Self = "23503"
    /// A CHECK constraint refused the row.
    public static let checkViolation: Self = "23514"
    /// Concurrent transactions could not be put in an order: try again.
    public static let serializationFailure: Self = "40001"
    /// This transaction was the one chosen to end a deadlock: try again.
    public static let deadlockDetected: Self = "40P01"
    /// A lock was not free within `lock_timeout`.
    public static let lockNotAvailable: Self = "55P03"
    /// The statement was cancelled, by the client or by `statement_timeout`.
    public static let queryCanceled: Self = "57014"
    /// An administrator ended the session, or the server shuts down.
    public static let adminShutdown: Self = "57P01"
    /// The server ends all sessions because another one crashed.
    public static let crashShutdown: Self = "57P02"
    /// The server is starting up or shutting down.
    public static let cannotConnectNow: Self = "57P03"
    /// `idle_session_timeout` ended the session.
    public static let idleSessionTimeout: Self = "57P05"
    /// `idle_in_transaction_session_timeout` ended the session.
    public static let idleInTransactionSessionTimeout: Self = "25P03"
    /// There is no prepared statement of that name.
    public static let invalidStatementName: Self = "26000"
    /// The server cannot do that; also what it says when a prepared statement's result would have other columns now.
    public static let featureNotSupported: Self = "0A000"
    /// The transaction is aborted; only ROLLBACK is accepted.
    public static let inFailedTransaction: Self = "25P02"
    /// The schema does not exist: often, `heliograph migrate` has not been run.
    public static let invalidSchemaName: Self = "3F000"
    /// The table does not exist.
    public static let undefinedTable: Self = "42P01"
    /// The function does not exist.
    public static let undefinedFunction: Self = "42883"
    /// The column does not exist.
    public static let undefinedColumn: Self = "42703"
    /// The role may not do that.
    public static let insufficientPrivilege: Self = "42501"
    /// The password is wrong.
    public static let invalidPassword: Self = "28P01"
    /// `pg_hba.conf` or the role's state refuses the log-in.
    public static let invalidAuthorization: Self = "28000"
    /// The database does not exist.
    public static let invalidCatalogName: Self = "3D000"
    /// A position has moved: another worker advanced the lane. Heliograph's own.
    public static let positionConflict: Self = "HG001"
    /// The log was restored from a cluster whose transaction ids are ahead. Heliograph's own.
    public static let logOfOtherCluster: Self = "HG021"
    /// Heliograph: there is no such subscription.
    public static let unknownSubscription: Self = "HG030"
    /// Heliograph: workers run the subscription.
    public static let subscriptionAtWork: Self = "HG031"
    /// Heliograph: the log does not hold the record.
    public static let unknownRecord: Self = "HG032"
    /// Heliograph: the subscription has lapsed.
    public static let subscriptionLapsed: Self = "HG034"
    /// The log cannot be read on a standby. Heliograph's own.
    public static let readFromStandby: Self = "HG022"
    /// The role may not make or change the triggers of a table. Heliograph's own.
    public static let tableRightMissing: Self = "HG023"

    /// Whether a lock stood in the way, or a concurrent transaction: the work of others, which may take a while.
    public var isContention: Bool {
        self == .serializationFailure || self == .deadlockDetected || self == .lockNotAvailable
    }

    /// Whether the fault lies in the moment, not in the statement: the connection, the server's state or resources, or a
    /// conflict with a concurrent transaction. The same work can be tried again and may succeed.
    public var isTransient: Bool {
        if errorClass == "08" || errorClass == "53" || rawValue.hasPrefix("57P0") { return true }
        switch self {
        case .serializationFailure, .deadlockDetected, .lockNotAvailable, .idleInTransactionSessionTimeout,
            .positionConflict:
            return true
        default: return false
        }
    }
}
