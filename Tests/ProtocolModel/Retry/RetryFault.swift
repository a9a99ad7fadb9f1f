/// What the checker of retries has found.
enum RetryFault: String, Sendable {
    /// Tried again before the shortest delay.
    case early
    /// Not tried although it was due, and a worker was there.
    case late
    /// The database is asked again and again for nothing.
    case busy
    /// Too many were tried again in the same moment.
    case herd
}
