import Foundation
import Testing

@testable import HeliographPostgres

/// The reactor and both pollers, on pairs of sockets.
@Suite("Reactor")
struct ReactorTests {
    private struct Pair {
        let ours: Int32
        let theirs: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            #if canImport(Glibc)
                let kind = Int32(SOCK_STREAM.rawValue)
            #else
                let kind = SOCK_STREAM
            #endif
            try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
            // Programs that other tests start meanwhile must not keep the other end open.
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (ours, theirs) = (ends[0], ends[1])
        }

        func send(_ text: String) { #expect(write(theirs, text, text.utf8.count) == text.utf8.count) }

        func read(atMost count: Int) -> Int {
            var bytes = [UInt8](repeating: 0, count: count)
            return Foundation.read(ours, &bytes, count)
        }
    }

    private static let withoutWaiting = Int32(MSG_DONTWAIT)

    private func each(_ body: (any Waiting) async throws -> Void) async throws {
        #if os(Linux)
            try await body(started(try #require(EpollPoller())))
        #endif
        try await body(started(try #require(PollPoller())))
    }

    private func started<P: Poller>(_ poller: P) -> Reactor<P> {
        let reactor = Reactor(poller)
        reactor.start()
        return reactor
    }

    @Test("Bytes that came before the wait, or come in it, end it", .timeLimit(.minutes(1)))
    func bytes() async throws {
        try await each { reactor in
            let pair = try Pair()
            #expect(reactor.add(pair.ours))
            for _ in 0..<1_000 {
                pair.send("x")
                try await reactor.wait(pair.ours, for: .readable)
                // An event may have been told of twice, never not at all.
                _ = pair.read(atMost: 1)
            }
            async let waited: Void = reactor.wait(pair.ours, for: .readable)
            pair.send("x")
            try await waited
            reactor.remove(pair.ours)
            close(pair.ours)
            close(pair.theirs)
        }
    }

    @Test("The end of the stream is not forgotten when only the bytes before it were read", .timeLimit(.minutes(1)))
    func end() async throws {
        try await each { reactor in
            for _ in 0..<100 {
                let pair = try Pair()
                #expect(reactor.add(pair.ours))
                pair.send("last words")
                close(pair.theirs)
                try await reactor.wait(pair.ours, for: .readable)
                #expect(pair.read(atMost: 100) == 10)
                // Once too often, and in whichever direction: nothing else will ever come.
                for interest in [Interest.readable, .readableOrWritable, .readable] {
                    try await reactor.wait(pair.ours, for: interest)
                }
                #expect(pair.read(atMost: 100) == 0)
                reactor.remove(pair.ours)
                close(pair.ours)
            }
        }
    }

    @Test(
        "Many that wait at once look for each other, and nobody is forgotten; nor what is to run on the reactor",
        .timeLimit(.minutes(2)))
    func several() async throws {
        try await each { reactor in
            let pairs = try (0..<16).map { _ in try Pair() }
            for pair in pairs {
                #expect(reactor.add(pair.ours))
                // The other side: answers each byte, until the end.
                Thread.detachNewThread {
                    var byte: UInt8 = 0
                    while Foundation.read(pair.theirs, &byte, 1) == 1 { _ = write(pair.theirs, &byte, 1) }
                    close(pair.theirs)
                }
            }
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for (index, pair) in pairs.enumerated() {
                    // A part of them on the reactor's own thread.
                    group.addTask(executorPreference: index % 4 == 0 ? reactor : nil) {
                        var answers = 0
                        for _ in 0..<300 {
                            var byte: UInt8 = 1
                            guard write(pair.ours, &byte, 1) == 1 else { break }
                            _ = reactor.waits.begin()
                            defer { reactor.waits.end() }
                            while recv(pair.ours, &byte, 1, Self.withoutWaiting) != 1 {
                                try await reactor.wait(pair.ours, for: .readable, isAnswer: true)
                            }
                            answers += 1
                        }
                        return answers
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(answers == 16 * 300)
            for pair in pairs {
                reactor.remove(pair.ours)
                close(pair.ours)
            }
        }
    }

    #if os(Linux)
        @Test("Who looks for all does not take the reactor's own call away", .timeLimit(.minutes(1)))
        func bell() async throws {
            let poller = try #require(EpollPoller())
            poller.wakeUp()
            var seen: [ReadyEvent] = []
            poller.look(into: &seen)
            #expect(seen.isEmpty)
            // Would block for ever if the call had been heard.
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    var ready: [ReadyEvent] = []
                    poller.wait(into: &ready, mayBlock: true)
                    continuation.resume()
                }
            }
        }
    #endif

    @Test("Whoever waits for a socket that is removed is not left waiting", .timeLimit(.minutes(1)))
    func removal() async throws {
        try await each { reactor in
            let pair = try Pair()
            #expect(reactor.add(pair.ours))
            async let waited: Void = reactor.wait(pair.ours, for: .readable)
            reactor.remove(pair.ours)
            try await waited
            try await reactor.wait(pair.ours, for: .readable)
            close(pair.ours)
            close(pair.theirs)
        }
    }
}

/// What the tests need of a reactor, whatever its poller.
private protocol Waiting: TaskExecutor {
    var waits: WaitCount { get }
    func add(_ descriptor: Int32) -> Bool
    func remove(_ descriptor: Int32)
    func wait(_ descriptor: Int32, for interest: Interest, isAnswer: Bool) async throws(PostgresError)
}

extension Waiting {
    func wait(_ descriptor: Int32, for interest: Interest) async throws(PostgresError) {
        try await wait(descriptor, for: interest, isAnswer: false)
    }
}

extension Reactor: Waiting {}
