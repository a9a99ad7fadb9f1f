import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// A server on a free port of loopback that records what it is asked, and answers what it is told to.
final class TestServer: Sendable {
    private struct State {
        var requests: [TestRequest] = []
        var serverNames: [String] = []
        var connections: [any Channel] = []
        var listener: (any Channel)?
    }

    /// Hears of each request.
    let arrivals: AsyncStream<TestRequest>
    private let arrive: AsyncStream<TestRequest>.Continuation
    private let state = Mutex(State())
    private let reply: TestReply

    private init(reply: TestReply) {
        (arrivals, arrive) = AsyncStream.makeStream()
        self.reply = reply
    }

    var requests: [TestRequest] { state.withLock { $0.requests } }
    /// Which names were asked for in TLS.
    var serverNames: [String] { state.withLock { $0.serverNames } }
    /// How many connections it has accepted.
    var connections: Int { state.withLock { $0.connections.count } }
    var addresses: [SocketAddress] { state.withLock { [$0.listener?.localAddress].compactMap(\.self) } }
    var port: Int { addresses.first?.port ?? 0 }

    /// Waits until all connections that it has accepted have ended.
    func connectionsEnded() async throws {
        for channel in state.withLock({ $0.connections }) { try await channel.closeFuture.get() }
    }

    /// Runs a server for the time of `body`.
    ///
    /// - Parameters:
    ///   - tls: What it proves itself with; `nil` for plain HTTP.
    ///   - reply: Its answer to each request.
    static func run(
        tls: TLSConfiguration? = nil, reply: TestReply = .ok, _ body: (TestServer) async throws -> Void
    ) async throws {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let server = TestServer(reply: reply)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                server.state.withLock { $0.connections.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(
                            ByteToMessageHandler(SNIHandler { server.secure(channel, context, $0) }))
                    }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(Handler(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.state.withLock { $0.listener = listener }
        do {
            try await body(server)
        } catch {
            await server.end(listener)
            throw error
        }
        await server.end(listener)
    }

    private func end(_ listener: any Channel) async {
        try? await listener.close()
        for channel in state.withLock({ $0.connections }) { try? await channel.close() }
    }

    private func secure(_ channel: any Channel, _ context: NIOSSLContext, _ result: SNIResult) -> EventLoopFuture<Void>
    {
        if case .hostname(let name) = result { state.withLock { $0.serverNames.append(name) } }
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let sni = try pipeline.handler(type: ByteToMessageHandler<SNIHandler>.self)
            try pipeline.addHandler(NIOSSLServerHandler(context: context), position: .after(sni))
        }
    }

    private func answer(_ request: TestRequest) -> TestReply {
        state.withLock { $0.requests.append(request) }
        arrive.yield(request)
        return reply
    }
}

extension TestServer {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = ByteBuffer

        private let server: TestServer
        private var head: HTTPRequestHead?
        private var body = ""

        init(_ server: TestServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let part): body += String(buffer: part)
            case .end:
                guard let head else { return }
                let reply = server.answer(TestRequest(head: head, body: body))
                let context = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.value.writeAndFlush(wrapOutboundOut(ByteBuffer(string: reply.bytes))).whenComplete { _ in
                    if !reply.holds { context.value.close(promise: nil) }
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
