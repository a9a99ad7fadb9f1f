/// What went wrong with a program that runs beside a test.
public struct RunningProgramError: Error, Sendable, CustomStringConvertible {
    /// What happened, in one line.
    public let description: String

    init(_ description: String) { self.description = description }
}
