/// What a transaction has written, and nobody else sees before it is committed.
enum Operation {
    case record(LogRecord)
    case row(key: Int, Row)
    /// The effect of a receiver; in external mode the note that its call was made.
    case effect(Item)
    /// An effect that is taken back before the transaction ends.
    case attempt
    case position(lane: Int, Position)
    case park(Delivery)
    case finishDelivery(Item)
    case noteFailure(Item, attempt: Int, due: Int, isDead: Bool, isReleased: Bool)
    case retry(Item)
    case discard(Item)
    /// The records will be read again.
    case dropDelivery(Item)
    /// The lane goes back to this snapshot.
    case rewind(lane: Int, to: Int, frontier: Int)
    case generation(Int)
}
