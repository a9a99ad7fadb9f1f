import HeliographPostgres
import HeliographSignals
package import Logging

extension Transaction {
    /// Runs the hooks, after the COMMIT has succeeded. Call it when the connection is free again, since hooks may want one.
    package func runAfterCommit() async { await Self.run(takeHooks(), logger: logger) }

    /// Runs hooks that were taken from transactions whose COMMIT has succeeded.
    package static func run(_ hooks: [@Sendable () async throws -> Void], logger: Logger) async {
        for hook in hooks {
            do {
                try await hook()
            } catch {
                logger.info("an after-commit hook failed", metadata: ["error": "\(error.loggable)"])
            }
        }
    }

    /// Has a change told to the after-commit receivers when it is committed.
    func announce<M: Model>(
        _ instance: M, _ change: Committed<M>.Change, to signal: Signal<Committed<M>>
    ) throws {
        guard signal.hasReceivers() else { return }
        let logger = logger
        try afterCommit {
            var committed = Committed(instance: instance, change: change)
            logger.report("an after-commit receiver failed", await signal.sendRobust(&committed), of: signal.name)
        }
    }
}
