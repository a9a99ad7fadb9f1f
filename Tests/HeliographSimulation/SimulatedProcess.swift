import HeliographModels
import HeliographPostgres
import Logging
import ServiceLifecycle

#if DEBUG
    @testable import HeliographWorker
#else
    import HeliographWorker
#endif

/// One life of a worker process.
final class SimulatedProcess: Sendable {
    let network: SimulatedNetwork
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        _ log: MemoryLog, _ weather: Weather, _ receivers: Receivers, revision: Int, isLate: Bool, flaw: Flaw?,
        logger: Logger, onError: @escaping @Sendable (any Error) -> Void
    ) {
        let network = SimulatedNetwork(log, weather)
        self.network = network
        let configuration = WorkerConfiguration(
            batchSize: Int.random(in: 1...25), batchTime: .milliseconds(Int64.random(in: 10...1_000)),
            pollInterval: .milliseconds([50, 200, 500, 1_000, 2_000].randomElement() ?? 1_000),
            flushInterval: .seconds(1),
            silenceLimit: .seconds(10))
        let subscriptions = receivers.subscriptions(over: network, revision: revision, isLate: isLate)
        var worker = Worker(
            subscriptions, memory: log, over: network, configuration: configuration, logger: logger)
        #if DEBUG
            if let flaw {
                worker = Worker(
                    subscriptions, log: FlawedLog(base: MemoryClient(log: log, network: network), flaw: flaw),
                    makeWaiter: { log.makeWaiter() }, configuration: configuration, signals: .init(), logger: logger)
            }
        #endif
        let group = ServiceGroup(services: [worker], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        self.group = group
        task = Task {
            do {
                try await group.run()
            } catch {
                // Of a dead one nobody hears.
                if network.isSound { onError(error) }
                throw error
            }
        }
    }

    /// As SIGTERM. Returns when it has ended.
    /// - Throws: what it has ended with.
    func shutDown() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }

    /// When all is over: what is left of a dead one ends.
    func finish() async {
        network.finish()
        task.cancel()
        _ = try? await task.value
    }
}
