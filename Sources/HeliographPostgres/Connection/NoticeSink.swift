import Logging

/// Where the server's notices and warnings go, and what it says before it ends an idle session.
final class NoticeSink {
    private let logger: Logger
    /// Why the server has ended the session, if it has, and nobody was waiting for an answer that this could have been.
    private(set) var lastWords: ResultStorage.Notice?

    init(logger: Logger) { self.logger = logger }

    func receive(_ notice: ResultStorage.Notice) {
        if notice.isFatal { lastWords = notice }
        var metadata: Logger.Metadata = ["postgres.notice": "\(notice.message)"]
        if let sqlState = notice.sqlState { metadata["postgres.sqlstate"] = "\(sqlState)" }
        logger.log(level: Self.level(of: notice.severity), "PostgreSQL notice", metadata: metadata)
    }

    /// The log level for one of the server's severities, in English: a library is never louder than `info`.
    static func level(of severity: String?) -> Logger.Level {
        switch severity {
        case "WARNING", "ERROR", "FATAL", "PANIC": .info
        case "NOTICE", "INFO": .debug
        default: .trace  // DEBUG, LOG
        }
    }
}
