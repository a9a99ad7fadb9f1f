import HeliographLog
import HeliographPostgres
import Logging

/// The log of a database.
struct DatabaseLog: WorkerLog {
    let database: ConnectionConfiguration
    let schema: SchemaName
    let logger: Logger

    var executor: (any TaskExecutor)? { Connection.executor }

    func check() async throws {
        try await Connection.with(database, logger: logger) { connection in
            try await Migrator(schema: schema).check(on: connection)
            try await LogReader(schema: schema).noteIncarnation(on: connection)
        }
    }

    func withStore<R>(
        for subscription: Subscription, _ configuration: WorkerConfiguration, _ logger: Logger,
        _ body: (any LaneStore, any LaneReader) async throws -> R
    ) async throws -> WorkerLogOutcome<R> {
        try await Connection.with(database, logger: logger) { connection in
            try await LaneSession.prepare(
                connection, of: database, silenceLimit: configuration.silenceLimit(with: subscription), logger: logger)
            let server = try await LogReader(schema: schema).noteIncarnation(on: connection)
            let registration = try await Registration.register(
                subscription, policy: subscription.policy(configuration), schema: schema, on: connection)
            if registration.isSuperseded { return .superseded }
            if registration.isResting { return .resting }
            return try await Connection.with(database, logger: logger) { reading in
                try await LaneSession.prepare(reading: reading)
                let session = LaneSession(
                    connection: connection, reading: reading, registration: registration, server: server,
                    schema: schema, policy: subscription.retry)
                let reader = WindowReader(
                    subscription, laneCount: registration.laneCount, schema: schema, connection: reading)
                return .ran(try await body(session, reader))
            }
        }
    }
}
