import Bookshop
import Heliograph

/// What this program, started of itself, works as.
enum WorkerRole: String, CaseIterable {
    case each = "--work-each"
    case batch = "--work-batch"

    var subscriptions: [Subscription] {
        switch self {
        // The statements of the peers: no user is deleted here.
        case .each:
            [
                Subscription("create-profile", on: User.self, .created, start: .beginning) { event, tx in
                    try await tx.execute("INSERT INTO profiles (user_id) VALUES (\(event.instance.id))")
                }
            ]
        case .batch:
            [
                Subscription("create-profile", batchesOf: User.self, .created, start: .beginning) { events, tx in
                    try await tx.execute(
                        "INSERT INTO profiles (user_id) SELECT unnest(\(events.compactMap(\.instance.id))::bigint[])")
                }
            ]
        }
    }
}
