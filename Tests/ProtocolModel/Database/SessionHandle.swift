/// What a client knows of its session.
struct SessionHandle: Equatable {
    let slot: Int
    let serial: Int
}
