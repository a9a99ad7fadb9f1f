import HeliographModels
import HeliographPostgres
import Logging
import ServiceLifecycle

@testable import HeliographWorker

/// One life of a worker process.
final class SimulatedProcess: Sendable {
    let network: SimulatedNetwork
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        _ log: MemoryLog, _ weather: Weather, _ receivers: Receivers, revision: Int, isLate: Bool, flaw: Flaw?,
        logger: Logger
    ) {
        let network = SimulatedNetwork(log, weather)
        self.network = network
        let configuration = WorkerConfiguration(
            batchSize: Int.random(in: 1...25), batchTime: .milliseconds(Int64.random(in: 10...1_000)),
            pollInterval: .milliseconds(Int64.random(in: 500...2_000)), flushInterval: .seconds(1),
            silenceLimit: .seconds(10))
        let subscriptions = receivers.subscriptions(over: network, revision: revision, isLate: isLate)
        let client = MemoryClient(log: log, network: network)
        let worker = Worker(
            subscriptions, log: flaw.map { FlawedLog(base: client, flaw: $0) } ?? client,
            makeWaiter: { log.makeWaiter() }, configuration: configuration, signals: .init(), logger: logger)
        let group = ServiceGroup(services: [worker], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        self.group = group
        task = Task { try await group.run() }
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
