#if os(Linux)
    import CLibPQ
    import Glibc
    import Synchronization

    /// `epoll`, edge-triggered: a connection is registered once, and waits without a system call.
    ///
    /// An edge tells that bytes have arrived, not that there are some: who stops reading before the socket is empty must look
    /// before waiting again (``SocketHandle/hasBytes``), or may wait for ever. The end of the stream makes one edge with the last
    /// bytes, and is told apart for that reason.
    final class EpollPoller: Poller {
        private static let capacity = 64

        private let epoll: Int32
        private let bell: Int32
        /// Those that are watched for room to write as well.
        private let writers = Mutex<Set<Int32>>([])

        init?() {
            epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
            bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
            guard epoll >= 0, bell >= 0, control(EPOLL_CTL_ADD, bell, EPOLLIN.rawValue) else {
                return nil
            }
        }

        deinit {
            close(epoll)
            close(bell)
        }

        private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32) -> Bool {
            var event = epoll_event()
            event.events = events
            event.data.fd = descriptor
            return epoll_ctl(epoll, operation, descriptor, &event) == 0
        }

        private static var ended: UInt32 { EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue }
        private static var readable: UInt32 { EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue }

        func add(_ descriptor: Int32) -> Bool { control(EPOLL_CTL_ADD, descriptor, Self.readable) }

        func arm(_ descriptor: Int32, for interest: Interest, looksAnew: Bool) -> Bool {
            writers.withLock { writers in
                switch interest {
                case .readable where !looksAnew && !writers.contains(descriptor): return true
                case .readable:
                    // A change looks at the socket anew, so that nothing that came before it is missed.
                    writers.remove(descriptor)
                    return control(EPOLL_CTL_MOD, descriptor, Self.readable)
                case .readableOrWritable:
                    writers.insert(descriptor)
                    return control(EPOLL_CTL_MOD, descriptor, Self.readable | EPOLLOUT.rawValue)
                }
            }
        }

        func remove(_ descriptor: Int32) {
            writers.withLock { writers in
                writers.remove(descriptor)
                _ = control(EPOLL_CTL_DEL, descriptor, 0)
            }
        }

        func wait(into ready: inout [ReadyEvent], mayBlock: Bool) {
            guard take(into: &ready, mayBlock: mayBlock) else { return }
            var count: UInt64 = 0
            _ = read(bell, &count, MemoryLayout<UInt64>.size)
        }

        static var canBeShared: Bool { true }

        /// The bell is left ringing: unlike the sockets it tells as long as it is not read, and so cannot be taken away from the
        /// thread that it is for.
        func look(into ready: inout [ReadyEvent]) { _ = take(into: &ready, mayBlock: false) }

        /// - Returns: whether the bell has rung.
        private func take(into ready: inout [ReadyEvent], mayBlock: Bool) -> Bool {
            withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.capacity) { events in
                let count = epoll_wait(epoll, events.baseAddress, Int32(Self.capacity), mayBlock ? -1 : 0)
                var hasRung = false
                // Below zero when a UNIX signal interrupted the wait: the caller comes back.
                for index in 0..<max(0, Int(count)) {
                    let event = events[index]
                    if event.data.fd == bell {
                        hasRung = true
                    } else {
                        ready.append(
                            ReadyEvent(descriptor: event.data.fd, hasEnded: event.events & Self.ended != 0))
                    }
                }
                return hasRung
            }
        }

        func wakeUp() {
            var one: UInt64 = 1
            _ = write(bell, &one, MemoryLayout<UInt64>.size)
        }
    }
#endif
