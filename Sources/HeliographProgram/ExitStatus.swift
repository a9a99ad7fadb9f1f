public import Heliograph

/// How a program ends, as scripts see it.
public enum ExitStatus: Int32, Error, Sendable {
    case done = 0
    case failed = 1
    /// The arguments cannot be meant.
    case usage = 2
    /// The server cannot be reached, or is not set up.
    case notSetUp = 3

    /// The status for what went wrong.
    public init(for error: any Error) {
        self = (error as? any ExitStatusConvertible)?.exitStatus ?? .failed
    }
}

/// An error that knows how the program ends that cannot go on for it.
public protocol ExitStatusConvertible: Error {
    var exitStatus: ExitStatus { get }
}

extension ExitStatus: ExitStatusConvertible {
    public var exitStatus: ExitStatus { self }
}

extension PostgresError: ExitStatusConvertible {
    public var exitStatus: ExitStatus {
        switch code {
        case .notConfigured, .connectionFailed: .notSetUp
        default: .failed
        }
    }
}

extension LogError: ExitStatusConvertible {
    public var exitStatus: ExitStatus {
        switch code {
        case .badArgument: .usage
        case .notInstalled, .outdated, .newer, .standby, .otherCluster, .unknownTable, .notPermitted: .notSetUp
        default: .failed
        }
    }
}

extension WorkerError: ExitStatusConvertible {
    public var exitStatus: ExitStatus {
        switch code {
        case .notAttached, .pooler: .notSetUp
        default: .failed
        }
    }
}
