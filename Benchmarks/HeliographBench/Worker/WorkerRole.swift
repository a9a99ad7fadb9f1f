import Bookshop
import Heliograph

/// What this program, started of itself, works as.
enum WorkerRole: String, CaseIterable {
    case each = "--work-each"
    case batch = "--work-batch"
    /// Receivers of batches that do nothing.
    case one = "--work-one"
    case sixteen = "--work-sixteen"

    /// - Parameter count: counts what receivers receive that do nothing.
    func subscriptions(_ count: ReceivedCount) -> [Subscription] {
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
        case .one: [Self.idle(1, count)]
        case .sixteen: (1...16).map { Self.idle($0, count) }
        }
    }

    private static func idle(_ number: Int, _ count: ReceivedCount) -> Subscription {
        Subscription("nothing-\(number)", batchesOf: User.self, .created, start: .beginning) { events, _ in
            count.add(events.count)
        }
    }
}
