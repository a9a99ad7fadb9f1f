/// An observer's membership: it ends with the object.
final class LiveSeat: Sendable {
    let mirror: LiveMirror
    let id: Int
    let waiter = BellWaiter()

    init(mirror: LiveMirror, id: Int) {
        self.mirror = mirror
        self.id = id
    }

    deinit { mirror.leave(id) }
}
