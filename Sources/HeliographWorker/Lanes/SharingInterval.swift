/// How long lanes stay as they have been shared out, until one looks who else is there.
///
/// Short at first and twice as long each time: processes that begin together find one after the other, and whoever came first has all
/// lanes.
struct SharingInterval {
    private static let first = Duration.milliseconds(20)
    private var looks = 0

    /// - Parameter usual: at most so long.
    mutating func next(upTo usual: Duration) -> Duration {
        defer { looks += 1 }
        return min(usual, Self.first * (1 << min(looks, 20)))
    }
}
