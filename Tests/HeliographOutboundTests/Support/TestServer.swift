import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on a free port of loopback that records what it is asked, and answers what it is told to.
final class TestServer: Sendable {
    private struct State {
        var requests: [TestRequest] = []
        var connections: [any Channel] = []
        var listener: (any Channel)?
    }

    /// Hears of each request.
    let arrivals: AsyncStream<TestRequest>
    private let arrive: AsyncStream<TestRequest>.Continuation
    private let state = Mutex(State())
    private let replies: [TestReply]

    private init(_ replies: [TestReply]) {
        (arrivals, arrive) = AsyncStream.makeStream()
        self.replies = replies
    }

    var requests: [TestRequest] { state.withLock { $0.requests } }
    /// How many connections it has accepted.
    var connections: Int { state.withLock { $0.connections.count } }
    var addresses: [SocketAddress] { state.withLock { [$0.listener?.localAddress].compactMap(\.self) } }
    var port: Int { addresses.first?.port ?? 0 }

    /// Waits until all connections that it has accepted have ended.
    func connectionsEnded() async throws {
        for channel in state.withLock({ $0.connections }) { try await channel.closeFuture.get() }
    }

    /// Made once, before the threads of connections need it: Swift 6.3's runtime has crashed when two of them made this type's metadata
    /// at the same moment (a null superclass in `swift_conformsToProtocolMaybeInstantiateSuperclasses`).
    private static let decoderType: Any.Type = ByteToMessageHandler<HTTPRequestDecoder>.self

    /// Runs a server for the time of `body`.
    ///
    /// - Parameter replies: Its answers to one request after the other; the last one to all that follow.
    static func run(reply replies: TestReply..., body: (TestServer) async throws -> Void) async throws {
        _ = decoderType
        let server = TestServer(replies.isEmpty ? [.ok] : replies)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                server.state.withLock { $0.connections.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
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

    /// Ends all connections that it has accepted.
    func hangUp() async throws {
        for channel in state.withLock({ $0.connections }) { try? await channel.close() }
    }

    /// What it answers to the next request.
    private var nextReply: TestReply { state.withLock { replies[min($0.requests.count, replies.count - 1)] } }

    private func note(_ request: TestRequest) {
        state.withLock { $0.requests.append(request) }
        arrive.yield(request)
    }
}

extension TestServer {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = ByteBuffer

        private let server: TestServer
        /// The request that is read, unless it has been answered.
        private var head: HTTPRequestHead?
        private var body = ""

        init(_ server: TestServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ""
                if server.nextReply.isEarly { answer(context) }
            case .body(let part): body += String(buffer: part)
            case .end: answer(context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func answer(_ context: ChannelHandlerContext) {
            guard let head else { return }
            self.head = nil
            let reply = server.nextReply
            server.note(TestRequest(head: head, body: body))
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.value.writeAndFlush(wrapOutboundOut(ByteBuffer(string: reply.bytes))).whenComplete { _ in
                if !reply.holds { context.value.close(promise: nil) }
            }
        }
    }
}
