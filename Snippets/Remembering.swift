import Heliograph
import HeliographTesting

struct Reader: Model {
    var id: Int64?
    var email: String

    static let mapping = Mapping("readers", Reader.init) {
        Key("id", \.id)
        Column("email", \.email)
    }
}

/// What a subscription does with a new reader: in a test without a database.
func statements(of subscription: Subscription) async throws -> [String] {
    let log = InMemoryLog()
    try log.commit(.created(Reader(id: 1, email: "ada@example.org")))
    try await log.drain([subscription])
    return log.effects(of: subscription.name).map(\.statement)
}
