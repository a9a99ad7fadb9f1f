import NIOCore
import NIOHTTP1
import NIOTLS

/// One request and its answer, on a connection of their own.
final class WebhookExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Why there is no answer.
    enum Failure: Error {
        /// TLS was not ready in time.
        case handshakeTimeout
        /// The connection ended, or failed, before the request could be sent.
        case notConnected((any Error)?)
        /// The answer has not begun in time.
        case timeout
        /// The connection ended, or failed, before the answer.
        case noAnswer((any Error)?)
    }

    private enum State {
        case connecting
        case waiting
        case reading(WebhookAnswer)
        case done
    }

    /// The most that is read of an answer's body, in bytes.
    private static let bodyLimit = 64 << 10

    private let request: HTTPRequestHead
    private let body: ByteBuffer
    private let isSecure: Bool
    private let connectDeadline: NIODeadline
    private let deadline: NIODeadline
    private let promise: EventLoopPromise<WebhookAnswer>
    private var state = State.connecting
    private var timers: [Scheduled<Void>] = []

    /// - Parameters:
    ///   - request: The request's head.
    ///   - body: Its body.
    ///   - isSecure: Whether TLS has to be ready first.
    ///   - connectDeadline: Until when it has to be.
    ///   - deadline: Until when the answer has to be there.
    ///   - promise: Hears the answer: all of it, or what came of it until `deadline`, the end of the connection, or the
    ///     most that is read.
    init(
        request: HTTPRequestHead, body: ByteBuffer, isSecure: Bool, connectDeadline: NIODeadline, deadline: NIODeadline,
        promise: EventLoopPromise<WebhookAnswer>
    ) {
        self.request = request
        self.body = body
        self.isSecure = isSecure
        self.connectDeadline = connectDeadline
        self.deadline = deadline
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(deadline, context) { $0.end(.timeout, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.noAnswer(nil), context)
    }

    func channelActive(context: ChannelHandlerContext) {
        if isSecure {
            schedule(connectDeadline, context) {
                guard case .connecting = $0.state else { return }
                $0.end(.handshakeTimeout, context)
            }
        } else {
            send(context)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { send(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting):
            state = .reading(WebhookAnswer(head))
        case (.body(let part), .reading(var answer)):
            answer.append(part.readableBytesView)
            state = .reading(answer)
            if answer.bodyBytes >= Self.bodyLimit { end(.noAnswer(nil), context) }
        case (.end, .reading):
            end(.noAnswer(nil), context)
        default:
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.noAnswer(error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.noAnswer(nil), context)
        context.fireChannelInactive()
    }

    private func send(_ context: ChannelHandlerContext) {
        guard case .connecting = state else { return }
        state = .waiting
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// The answer, if it has begun: what it says is in its head. Otherwise a failure.
    private func end(_ failure: Failure, _ context: ChannelHandlerContext) {
        switch (state, failure) {
        case (.done, _): return
        case (.reading(let answer), _): promise.succeed(answer)
        case (.connecting, .noAnswer(let error)): promise.fail(Failure.notConnected(error))
        case (.connecting, _), (.waiting, _): promise.fail(failure)
        }
        state = .done
        for timer in timers { timer.cancel() }
        timers = []
        context.close(promise: nil)
    }

    private func schedule(
        _ deadline: NIODeadline, _ context: ChannelHandlerContext, _ action: @escaping (WebhookExchange) -> Void
    ) {
        timers.append(context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { action(self) })
    }
}
