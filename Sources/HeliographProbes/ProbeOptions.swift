public import ArgumentParser
import CoreMetrics
import Foundation
public import Heliograph
import HeliographDashboard
import HeliographProgram
import Hummingbird
public import Logging
public import ServiceLifecycle

/// What every command takes that runs a worker: a port on which it is asked for its health and its metrics, if one is wanted.
///
/// Not `PORT`: where a server and its workers share an environment, they would be in each other's way.
public struct ProbeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A port for /health/live, /health/ready and /metrics; 0 takes a free one. Default: HEALTH_PORT; else none is opened.",
            valueName: "port"))
    public var healthPort: Int?

    @Option(help: ArgumentHelp("The address it is opened on. Default: HEALTH_HOST, or 127.0.0.1.", valueName: "host"))
    public var healthHost: String?

    public init() {}

    public func validate() throws {
        if let healthPort, !Self.ports.contains(healthPort) {
            throw ValidationError("--health-port takes a number from 0 to 65535, not \(healthPort)")
        }
    }

    /// The services that answer for a worker; none if no port is wanted. To be run before it, so that they are shut down after it.
    /// With a port, metrics are collected from this call on; a process makes it once.
    ///
    /// - Parameters:
    ///   - health: the worker's.
    ///   - database: what `/metrics` measures the log by, over one connection that is opened when somebody asks.
    /// - Throws: `ValidationError` when `HEALTH_PORT` is no port.
    public func services(
        for health: WorkerHealth, _ database: ConnectionConfiguration, schema: SchemaName, logger: Logger
    ) throws -> [any Service] {
        guard let address = try address(in: ProcessInfo.processInfo.environment) else { return [] }
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let pool = ConnectionPool(.init(database, maximum: 1), logger: logger)
        let router = Router()
        OperationsRoutes(worker: health, pool: pool, schema: schema, registry: registry).add(to: router)
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                Terminal.say("\(Terminal.name) answers probes on http://\(address.host):\(port)")
            },
            logger: logger
        )
        return [pool, application]
    }

    private static let ports = 0...65_535

    /// Options come before the environment.
    private func address(in environment: [String: String]) throws -> (host: String, port: Int)? {
        let given = environment["HEALTH_PORT"].flatMap { $0.isEmpty ? nil : $0 }
        guard healthPort != nil || given != nil else { return nil }
        guard let port = healthPort ?? given.flatMap(Int.init), Self.ports.contains(port) else {
            throw ValidationError("HEALTH_PORT takes a number from 0 to 65535, not \(given ?? "")")
        }
        return (healthHost ?? environment["HEALTH_HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? "127.0.0.1", port)
    }
}
