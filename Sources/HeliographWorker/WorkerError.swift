/// Why a worker cannot begin or go on.
public struct WorkerError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error. New kinds may be added in any version.
    public struct Code: Hashable, Sendable {
        private enum Base { case badDeclaration, conflictingDeclaration, notAttached, pooler }
        private let base: Base

        /// A declaration cannot be meant so.
        public static let badDeclaration = Self(base: .badDeclaration)
        /// Another program declares the same subscription with the same revision and another content.
        public static let conflictingDeclaration = Self(base: .conflictingDeclaration)
        /// A sender is not captured.
        public static let notAttached = Self(base: .notAttached)
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
}
