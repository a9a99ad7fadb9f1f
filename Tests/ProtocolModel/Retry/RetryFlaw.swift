/// What is wrong with a worker that waits, on purpose.
enum RetryFlaw: String, CaseIterable, Sendable {
    /// The worker's own clock says what is due.
    case dueByLocalClock
    /// It sleeps until its clock on the wall shows a time, and that clock is set.
    case waitByWallClock
    /// It does not sleep but asks again at once.
    case noWait
    /// It sleeps as long as the database says, however many others fail or are retried by a person meanwhile.
    case noPoll
    /// Delays grow for ever.
    case noCap
    /// What failed together is tried again together.
    case noJitter
    /// The power of two is shifted, and after 64 attempts it begins anew.
    case maskedShift
}

extension RetryFlaw {
    /// What the checker says of it.
    var consequence: RetryFault {
        switch self {
        case .dueByLocalClock, .maskedShift: .early
        case .waitByWallClock, .noPoll, .noCap: .late
        case .noWait: .busy
        case .noJitter: .herd
        }
    }
}
