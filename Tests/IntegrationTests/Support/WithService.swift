import Logging
import ServiceLifecycle

/// Runs a service for the time of `body` and then shuts it down as SIGTERM would, waiting for its end.
func withService(_ service: any Service, logger: Logger, _ body: () async throws -> Void) async throws {
    let group = ServiceGroup(services: [service], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        do {
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        } catch {
            tasks.cancelAll()
            throw error
        }
    }
}
