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
        let subscription = role == "--work-batch" ? batch : BookshopSubscriptions.createProfile
        let worker = Worker([subscription], database: configuration, logger: logger)
        print("ready")
        fflush(nil)
        try await worker.run()
    }

    private static let batch = Subscription("create-profile", batchesOf: User.self, .created, start: .beginning) {
        events, tx in
        try await tx.execute(
            """
            INSERT INTO profiles (user_id) SELECT id FROM users WHERE id = ANY (\(events.map(\.instance.id)))
            ON CONFLICT (user_id) DO NOTHING
            """)
    }
}
