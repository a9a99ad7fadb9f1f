import Logging

/// Nobody is told.
enum Quiet {
    static let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
}
