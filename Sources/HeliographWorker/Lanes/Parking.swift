/// How a record is parked.
struct Parking: Equatable {
    /// After how long it is tried; `nil` when those of its key that are before it are done.
    var delay: Duration?
    /// Of the try that failed; `nil` if there was none.
    var error: String?
    var isDead = false

    /// Behind others of its key.
    static let behind = Parking()
}
