/// What went wrong between a model and its table, apart from what the server itself refuses.
///
/// ``description`` is one line and holds no values of rows.
public struct ModelError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error. New kinds may be added in any version.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case notFound, notWritten, keyNotUnique, wrongKey, undecodable, wrongQuery, mismatch
        }
        private let base: Base
        /// The kind's name.
        public var description: String { base.rawValue }

        /// The row to update or delete does not exist, or no longer.
        public static let notFound = Self(base: .notFound)
        /// The server accepted an INSERT and wrote nothing: a trigger or a rule held the row back.
        public static let notWritten = Self(base: .notWritten)
        /// More than one row has the key, so the mapping's key columns are no key.
        public static let keyNotUnique = Self(base: .keyNotUnique)
        /// The mapping has no key, or a key was given with another number of values.
        public static let wrongKey = Self(base: .wrongKey)
        /// A record of the signal log, or a result, does not fit the mapping.
        public static let undecodable = Self(base: .undecodable)

        /// A query names what the mapping does not have, such as a property without a column.
        public static let wrongQuery = Self(base: .wrongQuery)
        /// The mapping does not fit the table.
        public static let mismatch = Self(base: .mismatch)
    }

    /// The kind of the error.
    public let code: Code
    /// What happened, in one line.
    public let message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind.
    ///   - message: What happened, in one line without values of rows.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
