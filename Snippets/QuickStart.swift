import Heliograph
import Logging
import ServiceLifecycle

struct User: Model {
    var id: Int64?
    var username: String
    var email: String

    static let mapping = Mapping("users", User.init) {
        Key("id", \.id)
        Column("username", \.username)
        Column("email", \.email).unique()
    }
}

let createProfile = Subscription("create-profile", on: User.self, .created) { event, tx in
    try await tx.execute(
        "INSERT INTO profiles (user_id) SELECT id FROM users WHERE id = \(event.instance.id) ON CONFLICT DO NOTHING"
    )
}

let logger = Logger(label: "worker")
let worker = Worker([createProfile], database: try .fromEnvironment(), logger: logger)
try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
