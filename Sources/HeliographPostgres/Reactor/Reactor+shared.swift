#if os(Linux)
    typealias SystemPoller = EpollPoller
#else
    typealias SystemPoller = PollPoller
#endif

/// The process's reactor, started by the first connection.
enum SharedReactor {
    /// `nil` if the system has no descriptor left for it.
    static let instance: Reactor<SystemPoller>? = {
        guard let poller = SystemPoller() else { return nil }
        let reactor = Reactor(poller)
        reactor.start()
        return reactor
    }()
}

extension Connection {
    /// The client's own thread, on which answers arrive: a task that prefers it spares each statement a change of threads.
    ///
    /// ```swift
    /// try await withTaskExecutorPreference(Connection.executor) { … }
    /// ```
    ///
    /// For code that does little but talk to the database: nothing on it may block, since all connections of the process are
    /// served there. `nil`, which is no preference, if the system has no descriptor left for it.
    public static var executor: (any TaskExecutor)? { SharedReactor.instance }
}
