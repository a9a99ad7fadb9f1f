/// What lies between a worker and its log in memory.
package protocol MemoryNetwork: Sendable {
    /// Takes a request to the log and its answer back, after any time.
    /// - Parameter request: does what is asked for. It is run once, at once or later, also when the worker is not there any more to hear of
    ///   it; or never.
    /// - Returns: whether the answer has arrived; otherwise the connection is lost.
    func carry(_ request: @escaping @Sendable () -> Void) async -> Bool

    /// A worker has opened a store, which lasts until somebody has the log end it: see ``MemoryLog/end(_:)``.
    func connected(_ store: Int)

    /// The worker has closed it: the log finds out at once, or later.
    func hangUp(_ store: Int)
}
