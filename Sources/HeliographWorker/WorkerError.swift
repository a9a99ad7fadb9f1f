/// Why a worker cannot begin or go on.
public struct WorkerError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error. New kinds may be added in any version.
    public struct Code: Hashable, Sendable {
        private enum Base { case badDeclaration, conflictingDeclaration, notAttached, outage, pooler }
        private let base: Base

        /// A declaration cannot be meant so.
        public static let badDeclaration = Self(base: .badDeclaration)
        /// Another program declares the same subscription with the same revision and another content.
        public static let conflictingDeclaration = Self(base: .conflictingDeclaration)
        /// A sender is not captured.
        public static let notAttached = Self(base: .notAttached)
        /// Everything fails, whatever the record.
        public static let outage = Self(base: .outage)
        /// Between worker and server stands a pooler that deals transactions out to sessions.
        public static let pooler = Self(base: .pooler)
    }

    public let code: Code
    /// What is wrong and what to do, in one line.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    static func conflict(_ subscription: String, revision: Int) -> WorkerError {
        WorkerError(
            .conflictingDeclaration,
            "subscription \(subscription) is declared otherwise under revision \(revision): raise its revision")
    }

    static func outage(_ subscription: String, _ cause: String) -> WorkerError {
        WorkerError(.outage, "subscription \(subscription): everything fails, whatever the record; last: \(cause)")
    }
}
