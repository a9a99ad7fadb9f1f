import Foundation
import Heliograph
import Logging
import ServiceLifecycle
import UnixSignals

/// Heliograph's worker in a process of its own, which says what the peers say.
enum WorkerCompanion {
    /// What it says when each subscription is at work, or stands by because it is paused.
    static let atWork = "at work"

    /// Runs until it is terminated.
    static func run(_ role: WorkerRole, _ target: String) async throws {
        let configuration = ConnectionConfiguration(target, applicationName: "companion")
        let logger = Logger(label: "companion") { _ in SwiftLogNoOpLogHandler() }
        let worker = Worker(role.subscriptions(ReceivedCount()), database: configuration, logger: logger)
        say("ready")
        async let _: Void = {
            while !worker.health.isReady { try await Task.sleep(for: .milliseconds(5)) }
            say(atWork)
        }()
        // In order, or the next one would find its lanes claimed, and begin with few records at a time.
        try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
