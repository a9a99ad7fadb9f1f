/// A record that is parked, or that waits behind a parked one of its key.
struct Delivery: Equatable {
    let lane: Int
    let item: Item
    var attempts: Int
    /// Attempts are allowed up to this number; a person may allow more.
    var allowance: Int
    var due: Int
    var isDead = false
    /// A dead letter that holds up nobody, even when a person has it tried again.
    var isReleased = false

    func isAbout(_ other: Item) -> Bool { item.key == other.key && item.id == other.id }
}
