/// Something that is wrong with the log, its tables, its readers or its server, or may become so.
public struct Finding: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// Changes are lost, or writers or readers fail.
        case error
        /// They may be, or something is held up.
        case warning
        /// To be known.
        case note
    }

    public let severity: Severity
    /// What was looked at, in a word: `triggers`, `retention`, … Stays the same from version to version.
    public let check: String
    /// What it was found on: a sender, a subscription, a role, a process.
    public let subject: String
    /// What is wrong, and what may be missing or lost because of it, in one line.
    public let text: String
    /// What mends it, in one line: SQL or a command as it stands, or what to do.
    public let mend: String

    init(_ severity: Severity, check: String, subject: String, text: String, mend: String) {
        self.severity = severity
        self.check = check
        self.subject = subject
        self.text = text
        self.mend = mend
    }
}
