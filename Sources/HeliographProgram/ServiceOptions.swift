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

    /// Runs services until one fails, or SIGTERM or SIGINT shuts them down, the last one first. A second signal cuts off what still runs.
    /// - Throws: what a service throws; ``ExitStatus/failed`` after a second signal.
    public func run(_ services: [any Service], logger: Logger) async throws {
        try await run(services.map { .init(service: $0) }, logger: logger)
    }

    /// The same for one that ends by itself.
    /// - Parameter others: run until then.
    public func runToEnd(_ service: any Service, beside others: [any Service] = [], logger: Logger) async throws {
        try await run(
            others.map { .init(service: $0) }
                + [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger)
    }

    private func run(
        _ services: [ServiceGroupConfiguration.ServiceConfiguration], logger: Logger
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        if untilEndOfInput {
            configuration.services.append(
                .init(service: EndOfInput(), successTerminationBehavior: .gracefullyShutdownGroup)
            )
        }
        configuration.maximumGracefulShutdownDuration = .seconds(shutdownDeadline)
        let group = ServiceGroup(configuration: configuration)
        // Before the group's own: one that comes in between would be lost to this count.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await group.run()
                return false
            }
            tasks.addTask {
                var count = 0
                for await _ in signals {
                    count += 1
                    if count == 2 { return true }
                    logger.info("shutting down when what runs is done; a second signal cuts it off")
                }
                throw CancellationError()
            }
            defer { tasks.cancelAll() }
            guard try await tasks.next() == true else { return }
            logger.warning("a second signal: what still runs is cut off")
            tasks.cancelAll()
            // What heeds no cancellation ends with the process.
            let last = Task {
                try await Task.sleep(for: .seconds(2))
                Terminal.exit(.failed)
            }
            while await tasks.nextResult() != nil {}
            last.cancel()
            throw ExitStatus.failed
        }
    }
}
