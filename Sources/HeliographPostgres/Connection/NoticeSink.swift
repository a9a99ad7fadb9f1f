import Logging

/// Where the server's notices and warnings go, and what it says before it ends an idle session.
final class NoticeSink {
    private let logger: Logger
    /// Why the server has ended the session, if it has, and nobody was waiting for an answer that this could have been.
    private(set) var lastWords: ResultStorage.Notice?

    init(logger: Logger) { self.logger = logger }

    func receive(_ notice: ResultStorage.Notice) {
        if notice.isFatal { lastWords = notice }
        logger.debug("PostgreSQL notice", metadata: ["postgres.notice": "\(notice.message)"])
    }
}
