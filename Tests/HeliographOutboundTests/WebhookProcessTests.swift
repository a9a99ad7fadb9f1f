import CLibCurl
import Foundation
import Testing

@testable import HeliographOutbound

/// What shows only in a process of its own. (Of what fails there, only the comments are told.)
@Suite("Webhooks and their process", .timeLimit(.minutes(1)))
struct WebhookProcessTests {
    private static func webhook(_ server: TestServer, loop: TransferLoop = .shared) throws -> Webhook {
        try Webhook(
            "http://127.0.0.1:\(server.port)/",
            configuration: .init(unsigned: true, allowInsecure: true, allowPrivate: true), resolver: TestResolver([]),
            loop: loop)
    }

    private static var openDescriptors: Int { (0..<4096).count { fcntl($0, F_GETFD) >= 0 } }

    /// How many sockets of this process are connected to a port.
    private static func connections(to port: Int) -> Int {
        (0 as Int32..<4096).count { descriptor in
            var peer = [UInt8](repeating: 0, count: 128)
            var length = socklen_t(peer.count)
            let hasPeer = peer.withUnsafeMutableBytes {
                getpeername(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) == 0
            }
            // The port follows the family, the most significant byte first.
            return hasPeer && Int(peer[2]) << 8 | Int(peer[3]) == port
        }
    }

    /// Lets the process open no descriptor while `body` runs.
    ///
    /// - Parameter refusesPoll: Whether the system does not even wait for those that are open.
    private static func withoutDescriptors<R>(refusesPoll: Bool = false, _ body: () async throws -> R) async throws -> R
    {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        let firstFree = dup(0)
        guard getrlimit(resource, &limit) == 0, firstFree >= 0, close(firstFree) == 0 else { throw POSIXError(.EPERM) }
        let before = limit
        limit.rlim_cur = refusesPoll ? 0 : rlim_t(firstFree)
        guard setrlimit(resource, &limit) == 0 else { throw POSIXError(.EPERM) }
        limit = before
        defer { _ = setrlimit(resource, &limit) }
        return try await body()
    }

    @Test("Proxies that the environment names are not used")
    func proxy() async {
        await #expect(processExitsWith: .success) {
            try await TestServer.run { proxy in
                for name in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"] {
                    setenv(name, "http://127.0.0.1:\(proxy.port)", 1)
                }
                try await TestServer.run { server in
                    try await WebhookProcessTests.webhook(server).deliver(OutboundBatch(id: "a", lines: []))
                    #expect(server.requests.count == 1)
                }
                #expect(proxy.connections == 0, "a proxy was used")
            }
        }
    }

    @Test("Deliveries that are cancelled, in whatever state, leave no descriptor open")
    func leaks() async {
        await #expect(processExitsWith: .success) {
            try await TestServer.run(reply: .silence) { server in
                let (ends, end) = AsyncStream.makeStream(of: Void.self)
                let loop = TransferLoop(idleTime: .milliseconds(50)) { end.yield() }
                let webhook = try WebhookProcessTests.webhook(server, loop: loop)
                let lost = try DeafPort(.ignores)
                let unconnected = try Webhook(
                    "https://lost.test/", configuration: .init(unsigned: true, allowPrivate: true),
                    resolver: TestResolver([lost.address]), loop: loop)
                var before = 0
                for round in 0...300 {
                    if round == 3 { before = WebhookProcessTests.openDescriptors }
                    let delivery = Task {
                        let batch = OutboundBatch(id: "\(round)", lines: [])
                        try await (round % 3 == 2 ? unconnected : webhook).deliver(batch)
                    }
                    // Some when the request has come, some at any time before. The server accepts them in their order:
                    // when the last one has come, all have.
                    if round % 3 == 0 {
                        for await request in server.arrivals where request.header("webhook-id") == "\(round)" { break }
                    } else {
                        for _ in 0..<round % 50 { await Task.yield() }
                    }
                    delivery.cancel()
                    await #expect(throws: CancellationError.self) { try await delivery.value }
                }
                // A connection has ended when the delivery has, not only when the loop does.
                let connected = WebhookProcessTests.connections(to: server.port)
                #expect(connected == 0, "\(connected) connections")
                for await _ in ends where !loop.isRunning { break }
                try await server.connectionsEnded()
                let after = WebhookProcessTests.openDescriptors
                // The system's libraries open some for themselves, not one a delivery.
                #expect(after < before + 10, "\(after) instead of \(before)")
            }
        }
    }

    @Test("Without descriptors a delivery fails, and says so; when there are some again, it does not")
    func exhausted() async {
        await #expect(processExitsWith: .success) {
            try await TestServer.run(reply: .kept) { server in
                let webhook = try WebhookProcessTests.webhook(server)
                let batch = OutboundBatch(id: "a", lines: [])
                let first = try await WebhookProcessTests.withoutDescriptors {
                    try await failure { try await webhook.deliver(batch) }
                }
                #expect(first.reason.contains("nothing can be sent") && !first.isPermanent, "\(first)")
                try await webhook.deliver(batch)
                // Now there is a loop, and what it needs is a socket.
                try await TestServer.run { other in
                    let webhook = try WebhookProcessTests.webhook(other)
                    let second = try await WebhookProcessTests.withoutDescriptors {
                        try await failure { try await webhook.deliver(batch) }
                    }
                    #expect(second.reason.contains("Too many open files") && !second.isPermanent, "\(second)")
                    try await webhook.deliver(batch)
                }
            }
        }
    }

    #if os(Linux)
        @Test(
            "When the system does not wait for answers any longer, nobody is left waiting; then it begins anew",
            .enabled(if: heliograph_curl_version() >= 0x075400, "libcurl before 7.84 does not tell"))
        func refused() async {
            await #expect(processExitsWith: .success) {
                try await TestServer.run(reply: .silence, .kept) { server in
                    let webhook = try WebhookProcessTests.webhook(server)
                    let batch = OutboundBatch(id: "a", lines: [])
                    let delivery = Task { try await webhook.deliver(batch) }
                    for await _ in server.arrivals { break }
                    let given = try await WebhookProcessTests.withoutDescriptors(refusesPoll: true) {
                        // Has it wait once more.
                        _ = try await failure { try await webhook.deliver(batch) }
                        return try await failure { try await delivery.value }
                    }
                    #expect(given.reason.contains("were given up: "), "\(given)")
                    try await webhook.deliver(batch)
                }
            }
        }
    #endif
}
