/// Why a private cluster could not be started, used or stopped.
public struct LocalClusterError: Error, Sendable {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case programsNotFound
            case folderFailed
            case initializationFailed
            case startFailed
            case stopFailed
            case commandFailed
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// PostgreSQL's server programs are not installed, or not where they were looked for.
        public static let programsNotFound = Self(.programsNotFound)

        /// The cluster's folder could not be made, locked or handed to the server's account.
        public static let folderFailed = Self(.folderFailed)

        /// `initdb` failed.
        public static let initializationFailed = Self(.initializationFailed)

        /// The server did not start.
        public static let startFailed = Self(.startFailed)

        /// The server did not stop, or its folder could not be removed.
        public static let stopFailed = Self(.stopFailed)

        /// A client program, such as `psql`, failed.
        public static let commandFailed = Self(.commandFailed)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// The kind of failure.
    public let code: Code

    /// What happened and, where there is one, what to do about it: one line.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension LocalClusterError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
