import Foundation
import Heliograph

/// What a worker process is to do. Handed over as JSON on its command line.
struct WorkerPlan: Codable, Sendable {
    /// A way to receive.
    enum Kind: String, Codable, Sendable {
        /// Record by record.
        case each
        /// Many at once, as a set.
        case batch
        /// Record by record, with two rows that others update as well, in this order.
        case forth
        /// The same two rows in the opposite order.
        case back
        /// By hand, for the check of the checker.
        case hand
    }

    /// The line with which a worker says that it heeds signals.
    static let ready = "ready"

    /// What the server shows the sessions as.
    var name: String
    /// The connection string.
    var target: String
    var kinds: [Kind] = [.each, .batch]
    /// Of its random choices.
    var seed: UInt64 = 0
    var revision = 1
    /// Seconds.
    var silenceLimit = 5.0
    /// Seconds that a receiver may take.
    var timeout = 20.0
    var maximumAttempts = 1_000_000
    /// How many of 10,000 records a receiver throws at.
    var throwing = 0
    /// How many of 10,000 records a receiver does not return from in time.
    var hanging = 0
    /// How many of 10,000 records a receiver takes much memory for.
    var allocating = 0
    /// Keys whose records always fail.
    var poison: [Int64] = []
    /// Milliseconds that a receiver takes each time.
    var slowness = 0
    /// The largest jump of the process's clock, in seconds; `nil` for none.
    var clockJump: Int64?

    static let laneCount = 8
    static let sender = "public.account"

    var database: ConnectionConfiguration { ConnectionConfiguration(target, applicationName: name) }

    /// As it is, but for what scenarios need to be quick.
    var configuration: WorkerConfiguration {
        WorkerConfiguration(
            silenceLimit: .seconds(silenceLimit),
            retryBackoff: Backoff(initial: .milliseconds(20), maximum: .milliseconds(500)), origin: name)
    }

    init(name: String, target: String) {
        self.name = name
        self.target = target
    }

    init(parsing text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

    var text: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}
