import Foundation
import Heliograph
import Logging
import ServiceLifecycle
import UnixSignals

/// Heliograph's worker in a process of its own, which says what the peers say.
enum WorkerCompanion {
    /// Runs until it is terminated.
    static func run(_ role: WorkerRole, _ target: String) async throws {
        let configuration = ConnectionConfiguration(target, applicationName: "companion")
        let logger = Logger(label: "companion") { _ in SwiftLogNoOpLogHandler() }
        let worker = Worker(role.subscriptions(ReceivedCount()), database: configuration, logger: logger)
        // With its sessions, as most of the peers. Each subscription is at work then, or stands by because it is paused.
        async let _: Void = {
            while !worker.health.isReady { try await Task.sleep(for: .milliseconds(5)) }
            print("ready")
            fflush(nil)
        }()
        // In order, or the next one would find its lanes claimed, and begin with few records at a time.
        try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }
}
