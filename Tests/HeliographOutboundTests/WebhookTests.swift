import Foundation
import NIOHTTP1
import Testing

@testable import HeliographOutbound

@Suite("Delivery by webhook", .timeLimit(.minutes(1)))
struct WebhookTests {
    private let batch = OutboundBatch(id: "batch-1", lines: [#"{"id":1}"#, #"{"id":2}"#])

    private func webhook(
        _ server: TestServer, path: String = "/hook", secret: String? = nil, timeout: Duration = .seconds(30)
    ) throws -> Webhook {
        try Webhook(
            "http://127.0.0.1:\(server.port)\(path)",
            configuration: .init(
                secret: secret, unsigned: secret == nil, timeout: timeout, allowInsecure: true, allowPrivate: true),
            resolver: TestResolver([]), now: { Date(timeIntervalSince1970: 1_700_000_000.9) })
    }

    private func failure(answering reply: TestReply) async throws -> OutboundFailure {
        var failure: OutboundFailure?
        try await TestServer.run(reply: reply) { server in
            failure = try await HeliographOutboundTests.failure { try await webhook(server).deliver(batch) }
            #expect(failure?.reason.hasPrefix("127.0.0.1:\(server.port) answered ") == true)
            #expect(server.requests.count == 1)
        }
        return try #require(failure)
    }

    @Test("The request, its headers and its signature")
    func request() async throws {
        try await TestServer.run { server in
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            try await webhook(server, path: "/a%20b?c=d", secret: secret).deliver(batch)
            let request = try #require(server.requests.first)
            #expect(server.requests.count == 1)
            #expect(request.head.method == .POST)
            #expect(request.head.uri == "/a%20b?c=d")
            #expect(request.body == #"[{"id":1},{"id":2}]"#)
            #expect(request.header("host") == "127.0.0.1:\(server.port)")
            #expect(request.header("content-type") == "application/json")
            #expect(request.header("idempotency-key") == "batch-1")
            #expect(request.header("webhook-id") == "batch-1")
            #expect(request.header("webhook-timestamp") == "1700000000")
            // Computed with Python's hmac.
            #expect(request.header("webhook-signature") == "v1,quBc0QvuHDOQCKe7ObqLXDz5/VnAsBcu/ocAIYTp/wI=")
        }
    }

    @Test("Without a secret there is no signature; the id stays")
    func unsigned() async throws {
        try await TestServer.run { server in
            try await webhook(server).deliver(OutboundBatch(id: "batch-2", lines: ["{}"], attempt: 3))
            let request = try #require(server.requests.first)
            #expect(request.header("webhook-signature") == nil)
            #expect(request.header("webhook-id") == "batch-2")
            #expect(request.body == "[{}]")
        }
    }

    @Test("The path is sent as it is written, with its dots")
    func path() async throws {
        try await TestServer.run { server in
            try await webhook(server, path: "/a/../b/./c%2F?d=/../e").deliver(batch)
            #expect(server.requests.first?.head.uri == "/a/../b/./c%2F?d=/../e")
        }
    }

    @Test("The request says nothing that was not asked for")
    func headers() async throws {
        try await TestServer.run { server in
            let lines = [String(repeating: "1", count: 5 << 18)]
            try await webhook(server).deliver(OutboundBatch(id: "large", lines: lines))
            let names = try #require(server.requests.first).head.headers.map { $0.name.lowercased() }
            #expect(
                names.sorted() == [
                    "accept", "content-length", "content-type", "host", "idempotency-key", "user-agent", "webhook-id",
                    "webhook-timestamp",
                ])
        }
    }

    @Test("All of 2xx acknowledges, after hints of 1xx too", arguments: ["200 OK", "202 Accepted", "299 Odd"])
    func acknowledged(line: String) async throws {
        let reply = TestReply(bytes: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + TestReply.status(line).bytes)
        try await TestServer.run(reply: reply) { server in
            try await webhook(server).deliver(batch)
            #expect(server.requests.count == 1)
        }
    }

    @Test("Everything else is a failure", arguments: [400, 401, 404, 409, 410, 418, 500, 502, 599])
    func refused(code: Int) async throws {
        let failure = try await failure(answering: .status("\(code) Nope", body: "no\u{1B}\nthanks"))
        #expect(failure.statusCode == code)
        #expect(failure.exitStatus == nil)
        #expect(failure.isPermanent == (code == 410))
        #expect(failure.retryAfter == nil)
        #expect(failure.reason.contains(" answered \(code)"))
        #expect(failure.reason.hasSuffix(": no\u{FFFD} thanks"))
    }

    @Test("An answer counts that comes before all of the request is sent")
    func early() async throws {
        var reply = TestReply.status("413 Content Too Large", body: "too much", holds: true)
        reply.isEarly = true
        try await TestServer.run(reply: reply) { server in
            let lines = [String(repeating: "1", count: 4 << 20)]
            let failure = try await HeliographOutboundTests.failure {
                try await webhook(server).deliver(OutboundBatch(id: "large", lines: lines))
            }
            #expect(failure.reason.hasSuffix(" answered 413 Content Too Large: too much"))
        }
    }

    @Test("An answer whose headers have no end is not read on")
    func endlessHead() async throws {
        let line = "X-Long: \(String(repeating: "x", count: 1000))\r\n"
        for start in ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"] {
            let reply = TestReply(bytes: start + String(repeating: line, count: 100), holds: true)
            try await TestServer.run(reply: reply) { server in
                let failure = try await HeliographOutboundTests.failure { try await webhook(server).deliver(batch) }
                #expect(failure.reason.hasSuffix(" sent more than 65536 bytes of headers for an answer"))
                #expect(!failure.isPermanent && failure.statusCode == nil)
                try await server.connectionsEnded()
            }
        }
    }

    @Test("No more than 200 bytes of an answer are quoted")
    func quoted() async throws {
        let failure = try await failure(answering: .status("500 Oops", body: String(repeating: "y", count: 100_000)))
        #expect(failure.reason.hasSuffix(": " + String(repeating: "y", count: 200)))
    }

    @Test(
        "Retry-After counts where a server says that it is busy",
        arguments: [
            ("429 Too Many Requests", "7", .seconds(7)), ("503 Service Unavailable", "9999999", .seconds(86_400)),
            ("503 Service Unavailable", "Tue, 14 Nov 2023 22:13:30 GMT", .seconds(10)),
            ("503 Service Unavailable", "soon", nil), ("500 Internal Server Error", "7", nil),
        ] as [(String, String, Duration?)])
    func busy(line: String, value: String, expected: Duration?) async throws {
        #expect(try await failure(answering: .status(line, ["Retry-After: \(value)"])).retryAfter == expected)
    }

    @Test("Redirects are not followed", arguments: ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
    func redirects(line: String) async throws {
        try await TestServer.run { other in
            let target = "http://127.0.0.1:\(other.port)/other"
            let failure = try await failure(answering: .status(line, ["Location: \(target)"]))
            #expect(failure.reason.contains("redirects are not followed"))
            #expect(failure.reason.contains(target))
            #expect(!failure.isPermanent)
            // Had it been followed, this would be the second connection there.
            try await webhook(other).deliver(batch)
            #expect(other.connections == 1)
        }
    }

    @Test("An acknowledgement counts, however long its body is; not all of that is read")
    func endless() async throws {
        let bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + String(repeating: "z", count: 1 << 20)
        try await TestServer.run(reply: TestReply(bytes: bytes, holds: true)) { server in
            let start = ContinuousClock.now
            try await webhook(server).deliver(batch)
            // Not only because of the time-out.
            #expect(ContinuousClock.now - start < .seconds(25))
            try await server.connectionsEnded()
            #expect(server.requests.count == 1)
        }
    }

    @Test("An acknowledgement counts, even if its body does not end in time, or breaks off", arguments: [true, false])
    func unfinished(holds: Bool) async throws {
        let reply = TestReply(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", holds: holds)
        try await TestServer.run(reply: reply) { server in
            try await webhook(server, timeout: .seconds(holds ? 2 : 30)).deliver(batch)
            try await server.connectionsEnded()
            #expect(server.requests.count == 1)
        }
    }

    @Test("No answer in time")
    func silence() async throws {
        try await TestServer.run(reply: .silence) { server in
            let failure = try await HeliographOutboundTests.failure {
                try await webhook(server, timeout: .seconds(1)).deliver(batch)
            }
            #expect(failure.reason == "127.0.0.1:\(server.port) did not answer in time")
            #expect(!failure.isPermanent && failure.statusCode == nil)
            try await server.connectionsEnded()
        }
    }

    @Test("No answer at all, or none of HTTP", arguments: ["", "HTTP/1.1 20", "SSH-2.0-OpenSSH_9.2\r\n"])
    func noAnswer(bytes: String) async throws {
        try await TestServer.run(reply: TestReply(bytes: bytes)) { server in
            let failure = try await HeliographOutboundTests.failure { try await webhook(server).deliver(batch) }
            #expect(failure.reason.contains("without an answer"))
            #expect(!failure.isPermanent)
        }
    }

    @Test("Many records in one request")
    func large() async throws {
        try await TestServer.run { server in
            let lines = (0..<5_000).map { #"{"id":\#($0),"text":"\#(String(repeating: "x", count: 500))"}"# }
            try await webhook(server).deliver(OutboundBatch(id: "large", lines: lines))
            #expect(server.requests.first?.body == "[" + lines.joined(separator: ",") + "]")
        }
    }

    @Test("A cancelled delivery ends its connection")
    func cancelled() async throws {
        try await TestServer.run(reply: .silence) { server in
            let webhook = try webhook(server, timeout: .seconds(3600))
            let delivery = Task { try await webhook.deliver(batch) }
            for await _ in server.arrivals { break }
            delivery.cancel()
            await #expect(throws: CancellationError.self) { try await delivery.value }
            try await server.connectionsEnded()
        }
    }

    @Test("A batch that cannot be a request is not sent")
    func badBatch() async throws {
        try await TestServer.run { server in
            let webhook = try webhook(server)
            let failure = try await HeliographOutboundTests.failure {
                try await webhook.deliver(OutboundBatch(id: "a\r\nx: y", lines: []))
            }
            #expect(failure.isPermanent)
            try await webhook.deliver(batch)
            #expect(server.connections == 1)
        }
    }
}
