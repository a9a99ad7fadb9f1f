import ArgumentParser
import CChaosClock
import Foundation
import Heliograph
import HeliographProgram
import Logging
import ServiceLifecycle
import UnixSignals

/// A worker process of a scenario. Ends with its standard input, so that it does not outlive who started it.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "What scenarios start.", shouldDisplay: false)

    @Option(help: "What to do, as JSON.")
    var plan: String

    @Option(help: "Do it wrong in this way, by hand and without the product's worker.")
    var flaw: Flaw?

    @Flag(help: "Do it by hand, and right.")
    var byHand = false

    func run() async throws {
        let plan = try WorkerPlan(parsing: plan)
        watchInput()
        var logger = Logger(label: plan.name) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        if flaw != nil || byHand {
            Terminal.say(WorkerPlan.ready)
            try await HandMadeWorker(plan: plan, flaw: flaw, logger: logger).run()
            return
        }
        let worker = Worker(
            Receivers(plan: plan).subscriptions, database: plan.database, configuration: plan.configuration,
            logger: logger)
        var services: [any Service] = [worker, Ready()]
        if let jump = plan.clockJump { services.append(ClockJumps(plan: plan, largest: jump)) }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Says that signals are heeded from now on.
    private struct Ready: Service {
        func run() async throws {
            Terminal.say(WorkerPlan.ready)
            try? await gracefulShutdown()
        }
    }

    private func watchInput() {
        // A thread of its own: reading blocks.
        let thread = Thread {
            while let data = try? FileHandle.standardInput.read(upToCount: 4096), !data.isEmpty {}
            _exit(ExitStatus.failed.rawValue)
        }
        thread.start()
    }
}

extension Flaw: ExpressibleByArgument {}
