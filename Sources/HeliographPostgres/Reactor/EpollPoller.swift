#if os(Linux)
    import CLibPQ
    import Glibc
    import Synchronization

    /// `epoll`, level-triggered with `EPOLLONESHOT`.
    ///
    /// Edge-triggered registration saves a system call a wait but loses wake-ups when libpq reads only part of what the socket holds.
    final class EpollPoller: Poller {
        private static let capacity = 64

        private let epoll: Int32
        private let registered = Mutex<Set<Int32>>([])

        init?() {
            epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
            if epoll < 0 { return nil }
        }

        deinit { close(epoll) }

        func arm(_ descriptor: Int32, for interest: Interest) -> Bool {
            var event = epoll_event()
            event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
            if interest == .readableOrWritable { event.events |= EPOLLOUT.rawValue }
            event.data.fd = descriptor
            return registered.withLock { registered in
                if registered.contains(descriptor), epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 {
                    return true
                }
                // A number that was closed and given out again is not there any more, whatever the list says.
                let isAdded = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
                if isAdded { registered.insert(descriptor) } else { registered.remove(descriptor) }
                return isAdded
            }
        }

        func remove(_ descriptor: Int32) {
            registered.withLock { registered in
                guard registered.remove(descriptor) != nil else { return }
                _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
            }
        }

        func wait(into ready: inout [Int32]) {
            withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.capacity) { events in
                let count = epoll_wait(epoll, events.baseAddress, Int32(Self.capacity), -1)
                guard count > 0 else { return }  // a UNIX signal interrupted the wait: the caller comes back
                for index in 0..<Int(count) { ready.append(events[index].data.fd) }
            }
        }
    }
#endif
