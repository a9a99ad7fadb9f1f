public import ArgumentParser
public import Logging
public import ServiceLifecycle
import UnixSignals

/// What every command takes that runs until it is told to end.
public struct ServiceOptions: ParsableArguments {
    @Option(help: "Seconds that a shutdown waits for what runs, before it cuts it off.")
    public var shutdownDeadline = 20

    @Flag(
        help:
            "Shut down when standard input ends: for a program that another one starts and that should not outlive it.")
    public var untilEndOfInput = false

    public init() {}

    public func validate() throws {
        if !(1...86_400).contains(shutdownDeadline) {
            throw ValidationError("--shutdown-deadline takes a number from 1 to 86400, not \(shutdownDeadline)")
        }
    }

    /// Runs services until one fails, or SIGTERM or SIGINT shuts them down, the last one first.
    public func run(_ services: [any Service], logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        if untilEndOfInput {
            configuration.services.append(
                .init(service: EndOfInput(), successTerminationBehavior: .gracefullyShutdownGroup)
            )
        }
        configuration.maximumGracefulShutdownDuration = .seconds(shutdownDeadline)
        try await ServiceGroup(configuration: configuration).run()
    }
}
