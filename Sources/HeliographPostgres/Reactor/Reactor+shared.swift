import Foundation

#if os(Linux)
    typealias SystemPoller = EpollPoller
#else
    typealias SystemPoller = PollPoller
#endif

/// The process's reactors, started by the first connection: one for each core, since a thread that serves many busy connections is
/// short of one long before the server is.
enum SharedReactor {
    private static let limit = 8

    /// Fewer if the system has no descriptors left for more.
    static let all: [Reactor<SystemPoller>] = {
        let waits = WaitCount()
        var all: [Reactor<SystemPoller>] = []
        for number in 0..<max(1, min(limit, ProcessInfo.processInfo.activeProcessorCount)) {
            guard let poller = SystemPoller() else { break }
            let reactor = Reactor(poller, number: number, waits: waits)
            reactor.start()
            all.append(reactor)
        }
        return all
    }()

    /// Where connections are watched whose tasks run elsewhere: there one thread looks out for all.
    static var first: Reactor<SystemPoller>? { all.first }

    /// The number of the one whose thread this is.
    static var here: Int? { all.indices.first { all[$0].isOnOwnThread } }
}

extension Connection {
    /// The client's own thread, on which answers arrive: a task that prefers it spares each statement a change of threads.
    ///
    /// ```swift
    /// try await withTaskExecutorPreference(Connection.executor) { … }
    /// ```
    ///
    /// For code that does little but talk to the database: nothing on it may block, since the connections of all tasks that run
    /// there or nowhere in particular are served there. `nil`, which is no preference, if the system has no descriptor left for it.
    public static var executor: (any TaskExecutor)? { SharedReactor.first }

    /// The client's own threads, ``executor`` first: one for each core, at most 8.
    ///
    /// For many tasks at once that do little but talk to the database, dealt out among them; a connection's answers arrive on the
    /// thread of the task that uses it.
    ///
    /// ```swift
    /// let executors = Connection.executors
    /// for (number, user) in users.enumerated() {
    ///     let executor = executors.isEmpty ? nil : executors[number % executors.count]
    ///     group.addTask(executorPreference: executor) { try await save(user) }
    /// }
    /// ```
    ///
    /// There is none if the system has no descriptor left for them.
    public static var executors: [any TaskExecutor] { SharedReactor.all }
}
