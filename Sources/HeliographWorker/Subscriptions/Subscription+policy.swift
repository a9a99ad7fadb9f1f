import HeliographLog

extension Subscription {
    /// How it receives in a worker of this configuration.
    func policy(_ configuration: WorkerConfiguration) -> ReceivingPolicy {
        let (mode, unit, concurrency) =
            switch receiver {
            case .transactional(.each): ("transactional", "each", 1)
            case .transactional(.batch): ("transactional", "batch", 1)
            case .external(.each): ("external", "each", concurrency)
            case .external(.batch): ("external", "batch", concurrency)
            }
        return ReceivingPolicy(
            mode: mode, unit: unit, concurrency: concurrency, timeout: timeout,
            maximumAttempts: retry.maximumAttempts, backoff: retry.backoff ?? configuration.retryBackoff,
            onDead: retry.onDead.rawValue, order: retry.order.rawValue,
            maximumParkedPerKey: retry.maximumParkedPerKey)
    }
}
