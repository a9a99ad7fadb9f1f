import Heliograph
import HeliographTesting
import Logging

/// Whether a change was sent, and its subscription has received it: in a test, without other processes.
func isReceived(
    by subscription: Subscription, in configuration: ConnectionConfiguration, change: () async throws -> Void
) async throws -> Bool {
    let sent = try await committedRecords(in: configuration) { try await change() }
    let worker = Worker([subscription], database: configuration, logger: Logger(label: "test"))
    let report = try await worker.drain()
    return report.received(subscription.name) == sent.count && report.isClean
}
