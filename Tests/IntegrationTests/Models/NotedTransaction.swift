import HeliographModels
import HeliographPostgres
import HeliographTesting

/// A transaction on a connection that takes note of the statements it is asked for one by one.
struct NotedTransaction: TransactionBackend {
    private let transaction: ConnectionTransaction
    let statements = Locked<[String]>([])

    init(_ transaction: ConnectionTransaction) { self.transaction = transaction }

    var isFailed: Bool { get async { await transaction.isFailed } }

    func run(_ sql: SQL, file: String, line: UInt) async throws -> Rows {
        statements.change { $0.append(sql.text) }
        return try await transaction.run(sql, file: file, line: line)
    }

    func runLater(_ sql: SQL) async throws { try await transaction.runLater(sql) }

    func run(all statements: [SQL]) async throws -> [Rows] { try await transaction.run(all: statements) }

    func stream<R>(_ sql: SQL, _ body: (RowStream) async throws -> R) async throws -> R {
        try await transaction.stream(sql, body)
    }

    func savepoint<R>(_ body: () async throws -> R) async throws -> R { try await transaction.savepoint(body) }

    func commit() async throws { try await transaction.commit() }
}
