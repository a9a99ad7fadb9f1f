import HeliographPostgres
import HeliographSignals
import Logging

extension Transaction {
    /// Runs the hooks, after the COMMIT has succeeded. Call it when the connection is free again, since hooks may want one.
    package func runAfterCommit() async {
        for hook in takeHooks() {
            do {
                try await hook()
            } catch {
                logger.info("an after-commit hook failed", metadata: ["error": "\(Self.loggable(error))"])
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
            for delivery in await signal.sendRobust(&committed) {
                guard let error = delivery.error else { continue }
                logger.info(
                    "an after-commit receiver failed",
                    metadata: [
                        "receiver.id": "\(delivery.receiver)",
                        "signal.name": "\(signal.name)",
                        "error": "\(Self.loggable(error))",
                    ]
                )
            }
        }
    }

    /// Errors of unknown kind may quote anything in their text, so only their type is told.
    private static func loggable(_ error: any Error) -> String {
        switch error {
        case let error as PostgresError: error.description
        case let error as ModelError: error.description
        default: "\(type(of: error))"
        }
    }
}
