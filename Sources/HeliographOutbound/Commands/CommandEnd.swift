import Subprocess

/// How a command ended.
struct CommandEnd: Sendable {
    /// The exit status; minus the signal's number if a signal ended it.
    let status: Int32
    /// What it said last on standard error.
    let lastLine: String

    init(_ status: TerminationStatus, lastLine: String) {
        self.status =
            switch status {
            case .exited(let code): code
            case .signaled(let number): -number
            }
        self.lastLine = lastLine
    }
}
