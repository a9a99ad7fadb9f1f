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
