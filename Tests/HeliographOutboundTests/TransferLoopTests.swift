import NIOCore
import Testing

@testable import HeliographOutbound

@Suite("Transfers", .timeLimit(.minutes(1)))
struct TransferLoopTests {
    private func transfer(
        to address: SocketAddress, policy: AddressPolicy = .any, timeout: Duration = .seconds(30)
    ) throws -> Transfer {
        Transfer(
            url: try WebhookURL("http://hook.test/", allowInsecure: true), address: address, headers: [],
            body: Array("[]".utf8), connectTimeout: .seconds(10), deadline: .now + timeout, policy: policy,
            trust: .system)
    }

    /// One of its own: the connections of other tests would crowd out those of these.
    private let loop = TransferLoop()

    @Test("The address that is connected to is checked, even if nobody has checked it before")
    func gate() async throws {
        try await TestServer.run(reply: .kept) { server in
            let address = try #require(server.addresses.first)
            let refused = try await loop.perform(try transfer(to: address, policy: .publicOnly))
            guard case .refused("a loopback address") = refused.cause else {
                Issue.record("\(refused)")
                return
            }
            #expect(refused.answer == nil)
            let mapped = try SocketAddress(ipAddress: "::ffff:127.0.0.1", port: server.port)
            let disguised = try await loop.perform(try transfer(to: mapped, policy: .publicOnly))
            guard case .refused(let kind) = disguised.cause, kind.contains("loopback") else {
                Issue.record("\(disguised)")
                return
            }
            // The first connection is that of the transfer that is allowed.
            #expect(try await loop.perform(try transfer(to: address)).answer?.statusCode == 204)
            #expect(server.connections == 1)
            // It is left open, but not for one that refuses its address.
            let late = try await loop.perform(try transfer(to: address, policy: .publicOnly))
            guard case .refused("a loopback address") = late.cause else {
                Issue.record("\(late)")
                return
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("A path in the file system is not connected to")
    func path() async throws {
        let address = try SocketAddress(unixDomainSocketPath: "/run/nowhere")
        let failure = try await failure { _ = try await loop.perform(try transfer(to: address)) }
        #expect(failure.reason.contains("no address of the internet"))
    }

    @Test("A transfer that is cancelled before it begins connects to nothing")
    func early() async throws {
        try await TestServer.run { server in
            let transfer = try transfer(to: try #require(server.addresses.first))
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await loop.perform(transfer)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            _ = try await loop.perform(transfer)
            #expect(server.connections == 1)
        }
    }

    @Test("A transfer whose time is over ends at once")
    func late() async throws {
        try await TestServer.run(reply: .silence) { server in
            let address = try #require(server.addresses.first)
            let transfer = try transfer(to: address, timeout: .seconds(-1))
            let end = try await loop.perform(transfer)
            guard case .late = end.cause else {
                Issue.record("\(end)")
                return
            }
        }
    }

    @Test("Times are rounded up, and never to none")
    func milliseconds() {
        let durations: [(Duration, Int)] = [
            (.seconds(-5), 1), (.zero, 1), (.nanoseconds(1), 1), (.milliseconds(7), 7),
            (.milliseconds(7) + .nanoseconds(1), 8), (.seconds(86_400), 86_400_000),
        ]
        for (duration, expected) in durations { #expect(duration.wholeMilliseconds == expected) }
    }
}
