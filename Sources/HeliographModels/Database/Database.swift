public import HeliographPostgres
public import Instrumentation
public import Logging
import ServiceContextModule

/// Where models are kept: a pool of connections, and the signals that saves and deletions send.
///
/// ```swift
/// let database = Database(pool: pool)
/// var user = User(username: "ada", email: "ada@example.org")
/// try await database.save(&user)
/// let same = try await database.find(User.self, user.id)
/// ```
public struct Database: ModelReader, Sendable {
    /// The connections.
    public let pool: ConnectionPool
    /// The signals that saves and deletions send.
    public let signals: ModelSignals
    /// The name of this process, which the records of its transactions carry as their origin.
    public let origin: String?
    /// The setting that carries a transaction's ``SignalContext`` into its records.
    private let contextSetting: String
    /// The schema of the signal log.
    public let logSchema: String
    private let instrument: (any Instrument)?
    private let logger: Logger

    /// Creates a database.
    ///
    /// - Parameters:
    ///   - pool: The connections.
    ///   - signals: The signals that saves and deletions send. Default: new ones, without receivers.
    ///   - origin: The name of this process, of no other one and no earlier one: see ``SignalContext/makeOrigin(_:)``. Default: none.
    ///   - logSchema: The schema of the signal log, for the setting that carries the context. Default: `heliograph`.
    ///   - instrument: By which the current span's `traceparent` gets into the records of a transaction, where the
    ///     ``SignalContext`` names none. Default: `InstrumentationSystem.instrument`.
    ///   - logger: Told of after-commit hooks and receivers that failed. Default: nobody is told.
    public init(
        pool: ConnectionPool,
        signals: ModelSignals = ModelSignals(),
        origin: String? = nil,
        logSchema: String = "heliograph",
        instrument: (any Instrument)? = nil,
        logger: Logger = Logger(label: "heliograph.models", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.pool = pool
        self.signals = signals
        self.origin = origin
        self.logSchema = logSchema
        self.instrument = instrument
        contextSetting = "\(logSchema).context"
        self.logger = logger
    }

    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws. Then the after-commit hooks run.
    ///
    /// - Parameters:
    ///   - mode: Isolation, and whether it only reads. Default: the server's.
    ///   - attempts: How often `body` may run in all: again, in a transaction of its own and after a short pause, when the server has rolled the
    ///     one before back because of others (SQLSTATE 40001 and 40P01). What `body` does beside the database is done again, too; an instance
    ///     that it has saved keeps the key it was given, so let `body` make or read its instances itself. Default: 1.
    ///   - body: Gets the handle of the transaction, which is dead when `body` has returned.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; ``ValidationFailure`` for a deferred constraint; `PostgresError`:
    ///   `transactionAborted` when `body` swallowed the error of a statement, `commitUnknown` when the connection broke
    ///   during COMMIT.
    @discardableResult
    public func transaction<R>(
        _ mode: TransactionMode = TransactionMode(), attempts: Int = 1, _ body: (Transaction) async throws -> R
    ) async throws -> R {
        var failures = 0
        while true {
            do {
                return try await runOnce(mode, body)
            } catch let met as MetOthers {
                failures += 1
                guard failures < attempts else { throw met.error }
                logger.debug("a transaction is run again", metadata: ["error": "\(met.error.loggable)"])
                do {
                    try await Task.sleep(for: Self.pause.delay(afterAttempt: failures))
                } catch {
                    throw met.error
                }
            }
        }
    }

    /// The server has refused the transaction because of others.
    private struct MetOthers: Error {
        let error: any Error
    }

    /// Between the attempts of a transaction. Those it has met are over soon.
    private static let pause = Backoff(initial: .milliseconds(5), maximum: .seconds(1))

    private func runOnce<R>(_ mode: TransactionMode, _ body: (Transaction) async throws -> R) async throws -> R {
        let (result, transaction) = try await pool.withConnection { connection in
            let transaction = Transaction(
                ConnectionTransaction(connection, opening(mode)), signals: signals, origin: origin, logger: logger)
            do {
                let result = try await body(transaction)
                try await transaction.commit()
                return (result, transaction)
            } catch {
                transaction.end()
                await connection.rollBack()
                // Another transaction's error, which `body` has let through, is not its own.
                let state = (error as? PostgresError)?.sqlState
                let isContention = state == .serializationFailure || state == .deadlockDetected
                throw isContention && transaction.hasMetOthers ? MetOthers(error: error) : error
            }
        }
        if !mode.isReadOnly { await signals.tellCommitted() }
        // The connection is back in the pool, so that hooks can open transactions whatever the pool's size.
        await transaction.runAfterCommit()
        return result
    }

    /// Opens the transaction, and says what it is for, in the round trip of the first statement.
    private func opening(_ mode: TransactionMode) -> TransactionOpening {
        let service = ServiceContext.current
        var context = service?.signalContext ?? SignalContext()
        context.origin = context.origin ?? origin
        if context.traceparent == nil, let service {
            context.traceparent = TraceContext.traceparent(
                of: service, by: instrument ?? InstrumentationSystem.instrument)
        }
        return TransactionOpening([mode.begin] + [context.statement(setting: contextSetting)].compactMap(\.self))
    }
}
