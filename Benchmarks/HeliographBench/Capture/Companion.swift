import CBaseline
import Foundation
import Heliograph
import Logging

/// The other process of a measure, which this program starts of itself.
enum Companion {
    static let roles = ["--listen", "--hear", "--follow"] + WorkerRole.allCases.map(\.rawValue)

    /// Runs until it is killed.
    static func run(_ role: String, _ target: String) async throws {
        if let role = WorkerRole(rawValue: role) {
            try await WorkerCompanion.run(role, target)
            return
        }
        let configuration = ConnectionConfiguration(target, applicationName: "companion")
        let logger = Logger(label: "companion") { _ in SwiftLogNoOpLogHandler() }
        if role == "--hear" {
            try await hear(configuration)
            return
        }
        let pool = ConnectionPool(.init(configuration, maximum: 2), logger: logger)
        let bell = Bell(configuration, logger: logger)
        let pump = Pump(pool: pool, configuration: configuration, bell: bell, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bell.run() }
            group.addTask { try await pump.run() }
            while !bell.isListening { try await Task.sleep(for: .milliseconds(5)) }
            if role == "--listen" {
                say("listening")
                try await group.waitForAll()
                return
            }
            let follower = LogFollower(pool: pool, bell: bell, logger: logger)
            var isFirst = true
            for try await event in follower.events(from: .now) {
                switch event {
                case .record(let record, _):
                    let now = baseline_now()
                    // The mark is the user's name.
                    guard let name = record.instance.flatMap({ try? JSONValue(parsing: $0) })?["username"]?.string,
                        name.hasPrefix("m")
                    else { continue }
                    say("\(name) \(now)")
                case .caughtUp:
                    if isFirst { say("listening") }
                    isFirst = false
                case .reset: break
                }
            }
        }
    }

    private static func hear(_ configuration: ConnectionConfiguration) async throws {
        let connection = try await Connection.connect(configuration)
        try await connection.query("LISTEN plain")
        say("listening")
        while true {
            for notification in try await connection.nextNotifications() {
                say("\(notification.payload) \(baseline_now())")
            }
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
