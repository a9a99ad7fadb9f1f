/// The operating system's way of waiting for many sockets at once.
///
/// Every `arm` is for one event: after it has been reported the descriptor is silent until it is armed again. Level-triggered, so
/// that bytes left unread cannot be missed.
protocol Poller: Sendable {
    /// Asks for the next event of a descriptor. Callable from any thread.
    /// - Returns: `false` if the descriptor cannot be watched, for example because it is closed.
    func arm(_ descriptor: Int32, for interest: Interest) -> Bool
    /// Forgets a descriptor; to be called before it is closed.
    func remove(_ descriptor: Int32)
    /// Blocks the calling thread until something happens and appends the descriptors to `ready`.
    func wait(into ready: inout [Int32])
}
