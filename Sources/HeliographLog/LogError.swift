import HeliographModels
import HeliographPostgres

/// What is wrong with the set-up of the signal log or with a request to it.
public struct LogError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error. New kinds may be added in any version.
    public struct Code: Hashable, Sendable {
        private enum Base {
            case badArgument, notInstalled, outdated, newer, standby, otherCluster, attachRefused, tableBusy,
                unknownTable
            case unreadableRecord, notPermitted, unknownSubscription, atWork
        }
        private let base: Base

        /// An argument cannot be used.
        public static let badArgument = Self(base: .badArgument)
        /// The schema is not there.
        public static let notInstalled = Self(base: .notInstalled)
        /// The schema is older than this program.
        public static let outdated = Self(base: .outdated)
        /// The schema is newer than this program can work with.
        public static let newer = Self(base: .newer)
        /// The server is a standby: the log is read on its primary.
        public static let standby = Self(base: .standby)
        /// The log was restored from another cluster, whose transaction ids say nothing here.
        public static let otherCluster = Self(base: .otherCluster)
        /// A table cannot be captured.
        public static let attachRefused = Self(base: .attachRefused)
        /// Open transactions use the table, so that its triggers cannot be changed at the moment.
        public static let tableBusy = Self(base: .tableBusy)
        /// There is no such table.
        public static let unknownTable = Self(base: .unknownTable)
        /// The role that logged in lacks a right; the message names it, or the group that has it.
        public static let notPermitted = Self(base: .notPermitted)
        /// There is no such subscription.
        public static let unknownSubscription = Self(base: .unknownSubscription)
        /// Workers run the subscription.
        public static let atWork = Self(base: .atWork)
        /// A record holds what it should not.
        public static let unreadableRecord = Self(base: .unreadableRecord)
    }

    /// The kind of the error.
    public let code: Code
    /// What is wrong and what to do, in one line.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// Whether the same may work later: a standby becomes a primary when the server fails over.
    public var isTransient: Bool { code == .standby }

    /// What a missing schema, a missing right or the wrong server look like in SQL, said clearly; any other error as it is.
    /// - Parameter group: the role whose members may do what was tried.
    package static func explain(
        _ error: any Error, schema: SchemaName, group: String = "heliograph_reader"
    ) -> any Error {
        guard let error = error as? PostgresError, let state = error.sqlState else { return error }
        let hint = error.hint.map { ": \($0)" } ?? ""
        switch state {
        case .readFromStandby: return LogError(.standby, error.message + hint)
        case .logOfOtherCluster: return LogError(.otherCluster, error.message + hint)
        case .unknownSubscription: return LogError(.unknownSubscription, error.message + hint)
        case .subscriptionAtWork: return LogError(.atWork, error.message + hint)
        case .unknownRecord, .subscriptionLapsed: return LogError(.badArgument, error.message + hint)
        case .insufficientPrivilege:
            return LogError(
                .notPermitted,
                "\(error.message): members of \(group) may do that, GRANT \(group) to the role that logs in")
        default: break
        }
        let isMissing =
            state == .invalidSchemaName
            || ((state == .undefinedTable || state == .undefinedFunction)
                && error.message.contains("\(schema.name)."))
        return isMissing ? notInstalled(schema) : error
    }

    static func notInstalled(_ schema: SchemaName) -> LogError {
        LogError(
            .notInstalled,
            "the schema \"\(schema)\" is not installed in this database: run `heliograph migrate\(schema.option)`"
        )
    }
}

extension LogError: DiscreetError {}

extension SchemaName {
    /// How a command line names it; empty for the default.
    var option: String { self == .standard ? "" : " --schema \(name)" }
}
