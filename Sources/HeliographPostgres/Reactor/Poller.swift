/// The operating system's way of waiting for many sockets at once.
protocol Poller: Sendable {
    /// Starts to watch a descriptor: bytes that arrive from now on are reported at least once.
    /// - Returns: `false` if it cannot be watched, for example because it is closed.
    func add(_ descriptor: Int32) -> Bool
    /// Asks for the next event of a descriptor. Callable from any thread.
    /// - Parameter looksAnew: also for what has been told already and is still so.
    /// - Returns: `false` if the descriptor cannot be watched.
    func arm(_ descriptor: Int32, for interest: Interest, looksAnew: Bool) -> Bool
    /// Forgets a descriptor; to be called before it is closed.
    func remove(_ descriptor: Int32)
    /// Blocks the calling thread until something happens, if it may, and appends to `ready` what it was.
    func wait(into ready: inout [ReadyEvent], mayBlock: Bool)
    /// Whether other threads than the one that waits may ``look(into:)``.
    static var canBeShared: Bool { get }
    /// Appends to `ready` what has happened and not been told yet; for other threads than the one that waits.
    func look(into ready: inout [ReadyEvent])
    /// Ends a ``wait(into:mayBlock:)`` of another thread, or the next one.
    func wakeUp()
}
