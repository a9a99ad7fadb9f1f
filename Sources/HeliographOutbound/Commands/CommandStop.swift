/// Why a command's processes are told to end.
enum CommandStop: Sendable {
    /// Nobody waits for it any longer.
    case cancelled
    /// It has taken too long.
    case timedOut
    /// The shell has ended, and left others running.
    case leftBehind
}
