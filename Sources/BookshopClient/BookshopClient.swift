import NIOCore
import NIOHTTP1
import NIOPosix

/// A small client of the Bookshop's HTTP interface, for its demonstration and tests: one connection a request, no TLS.
public struct BookshopClient: Sendable {
    private let host: String
    private let port: Int

    /// - Parameters:
    ///   - host: Where the server listens.
    ///   - port: Its port.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The server of an address such as `http://127.0.0.1:8080`; `nil` if that is not one.
    public init?(url: String) {
        guard let match = url.wholeMatch(of: #/http://([^:/]+):([0-9]+)/?/#), let port = Int(match.2) else {
            return nil
        }
        self.init(host: String(match.1), port: port)
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, …
    ///   - path: With the query, if there is one.
    ///   - body: JSON text; sent as `application/json` unless the headers say otherwise.
    ///   - headers: Further headers.
    public func send(
        _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]
    ) async throws -> BookshopAnswer {
        try await exchange(method, path, body: body, headers: headers) { parts in
            var answer = BookshopAnswer()
            for try await part in parts { answer.take(part) }
            guard answer.status > 0 else { throw NoAnswer(request: "\(method) \(path)") }
            return answer
        }
    }

    /// Sends a GET whose answer goes on and on, and tells its lines until `isEnough` says so or the server ends it.
    ///
    /// - Parameters:
    ///   - path: With the query, if there is one.
    ///   - headers: Further headers.
    ///   - isEnough: Hears each line without its end.
    /// - Returns: Whether it was enough; `false` if the server ended the answer before.
    public func follow(
        _ path: String, headers: [String: String] = [:], until isEnough: @escaping @Sendable (String) -> Bool
    ) async throws -> Bool {
        try await exchange("GET", path, body: nil, headers: headers) { parts in
            var answer = BookshopAnswer()
            for try await part in parts {
                answer.take(part)
                while let line = answer.takeLine() {
                    if isEnough(line) { return true }
                }
            }
            return false
        }
    }

    private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func exchange<R: Sendable>(
        _ method: String, _ path: String, body: String?, headers: [String: String],
        _ read: @escaping @Sendable (NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws -> R
    ) async throws -> R {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        let request = head(method, path, body: body, headers: headers)
        return try await channel.executeThenClose { inbound, outbound in
            var parts = [HTTPClientRequestPart.head(request)]
            if let body { parts.append(.body(.byteBuffer(ByteBuffer(string: body)))) }
            parts.append(.end(nil))
            // A server that has heard enough answers and hangs up, also in the middle of a request: its answer is what counts.
            try? await outbound.write(contentsOf: parts)
            return try await read(inbound)
        }
    }

    private func head(_ method: String, _ path: String, body: String?, headers: [String: String]) -> HTTPRequestHead {
        var fields = HTTPHeaders([("Host", "\(host):\(port)"), ("Connection", "close")])
        if let body {
            fields.add(name: "Content-Type", value: "application/json")
            fields.add(name: "Content-Length", value: "\(body.utf8.count)")
        }
        for (name, value) in headers { fields.replaceOrAdd(name: name, value: value) }
        return HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: fields)
    }
}

/// The server hung up without an answer.
struct NoAnswer: Error, CustomStringConvertible {
    let request: String

    var description: String { "\(request): the server hung up without an answer" }
}
