public import ArgumentParser
public import Heliograph

/// What every command takes that reads the log as it grows.
public struct WakeOptions: ParsableArguments {
    @Flag(
        help:
            "Look for records at intervals only: no LISTEN, no pump. For connections through a pooler in transaction mode."
    )
    public var pollOnly = false

    @Option(help: "Seconds between two looks where nothing wakes the reader.")
    public var pollInterval = 1.0

    public init() {}

    public func validate() throws {
        if !(0.01...86_400).contains(pollInterval) {
            throw ValidationError("--poll-interval takes a number from 0.01 to 86400, not \(pollInterval)")
        }
    }

    /// The interval as a duration.
    public var interval: Duration { .seconds(pollInterval) }

    /// Connections as the way to the server needs them.
    public func adapt(_ configuration: ConnectionConfiguration) -> ConnectionConfiguration {
        pollOnly ? configuration.throughPooler : configuration
    }
}

extension ConnectionConfiguration {
    /// For a pooler in transaction mode, which hands each transaction to another session: nothing is prepared.
    public var throughPooler: ConnectionConfiguration {
        var configuration = self
        configuration.statementCacheCapacity = 0
        return configuration
    }
}
