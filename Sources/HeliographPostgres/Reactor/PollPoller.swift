import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `poll`, for systems without `epoll`. Slower with hundreds of connections, the same in every other respect.
final class PollPoller: Poller {
    private let armed = Mutex<[Int32: Interest]>([:])
    /// A pipe to itself ends the blocking `poll` when the set of descriptors changes.
    private let wakeUpReader: Int32
    private let wakeUpWriter: Int32

    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeUpReader = ends[0]
        wakeUpWriter = ends[1]
    }

    deinit {
        close(wakeUpReader)
        close(wakeUpWriter)
    }

    func add(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    func arm(_ descriptor: Int32, for interest: Interest, looksAnew: Bool) -> Bool {
        guard fcntl(descriptor, F_GETFD) >= 0 else { return false }
        armed.withLock { $0[descriptor] = interest }
        wakeUp()
        return true
    }

    func remove(_ descriptor: Int32) {
        if armed.withLock({ $0.removeValue(forKey: descriptor) }) != nil { wakeUp() }
    }

    func wait(into ready: inout [ReadyEvent], mayBlock: Bool) {
        var descriptors = [pollfd(fd: wakeUpReader, events: Int16(POLLIN), revents: 0)]
        armed.withLock { armed in
            for (descriptor, interest) in armed {
                let events = interest == .readable ? POLLIN : POLLIN | POLLOUT
                descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
            }
        }
        guard poll(&descriptors, nfds_t(descriptors.count), mayBlock ? -1 : 0) > 0 else { return }
        if descriptors[0].revents != 0 { drain() }
        armed.withLock { armed in
            for entry in descriptors.dropFirst() where entry.revents != 0 {
                guard armed.removeValue(forKey: entry.fd) != nil else { continue }
                // The end is seen each time that one looks.
                ready.append(ReadyEvent(descriptor: entry.fd, hasEnded: false))
            }
        }
    }

    static var canBeShared: Bool { false }

    func look(into ready: inout [ReadyEvent]) {}

    func wakeUp() {
        var byte: UInt8 = 1
        _ = write(wakeUpWriter, &byte, 1)  // a full pipe wakes as well
    }

    private func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeUpReader, &bytes, bytes.count) > 0 {}
    }
}
