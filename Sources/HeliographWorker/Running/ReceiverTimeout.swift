/// A receiver did not return in its time.
struct ReceiverTimeout: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "the receiver did not return within \(limit.seconds) s" }
}
