import Bookshop
import CBaseline
import Foundation
import Heliograph
import Logging

/// Heliograph's worker in a process of its own, which says what the peers say.
enum WorkerCompanion {
    /// - Parameter role: `--work-each` or `--work-batch`. Runs until it is killed.
    static func run(_ role: String, _ target: String) async throws {
        let configuration = ConnectionConfiguration(target, applicationName: "companion")
        let logger = Logger(label: "companion") { _ in SwiftLogNoOpLogHandler() }
        let subscription = role == "--work-batch" ? batch : each
        let worker = Worker([subscription], database: configuration, logger: logger)
        print("ready")
        fflush(nil)
        try await worker.run()
    }

    /// The statements of the peers: no user is deleted here.
    private static let each = Subscription("create-profile", on: User.self, .created, start: .beginning) { event, tx in
        try await tx.execute("INSERT INTO profiles (user_id) VALUES (\(event.instance.id))")
    }

    private static let batch = Subscription("create-profile", batchesOf: User.self, .created, start: .beginning) {
        events, tx in
        try await tx.execute(
            "INSERT INTO profiles (user_id) SELECT unnest(\(events.compactMap(\.instance.id))::bigint[])")
    }
}
