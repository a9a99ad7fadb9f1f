import Heliograph
import Logging
import ServiceLifecycle
import Synchronization

struct Author: Model {
    var id: Int64?
    var name: String

    static let mapping = Mapping("authors", Author.init) {
        Key("id", \.id)
        Column("name", \.name)
    }
}

/// The names of all authors, in memory, in every process.
final class AuthorNames: Sendable {
    private let names = Mutex<[Int64: String]>([:])

    func name(of id: Int64) -> String? { names.withLock { $0[id] } }

    /// Keeps itself up to date, whoever writes.
    func follow(_ mirror: LiveMirror, _ database: Database) {
        // At the start, and again after a crash or failover of the server.
        mirror.beginnings.connect("author-names") { _ in
            let authors = try await database.all(Author.self)
            self.names.withLock { names in
                names = [:]
                for author in authors { names[author.id ?? 0] = author.name }
            }
        }
        mirror.connect("author-names", on: Author.self) { event in
            self.names.withLock { $0[event.instance.id ?? 0] = event.isDeleted ? nil : event.instance.name }
        }
        // A TRUNCATE has no row.
        mirror.connect("author-names-emptied", from: Author.mapping.sender) { live in
            if live.record.operation == .truncate { self.names.withLock { $0 = [:] } }
        }
    }
}

let configuration = try ConnectionConfiguration.fromEnvironment()
let logger = Logger(label: "authors")
let pool = ConnectionPool(.init(configuration), logger: logger)
let bell = Bell(configuration, logger: logger)
let database = Database(pool: pool, origin: SignalContext.makeOrigin("authors"))
let mirror = try LiveMirror(configuration, bell: bell, database: database, logger: logger)
let names = AuthorNames()
names.follow(mirror, database)
try await ServiceGroup(services: [pool, bell, mirror], gracefulShutdownSignals: [.sigterm], logger: logger).run()
